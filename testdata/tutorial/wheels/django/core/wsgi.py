from django import db
from django.conf import settings


def get_wsgi_application():
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        with db.connect() as connection:
            count = len(db.applied(connection))
        return ["{0.SITE_NAME}: version {0.VERSION}, {1} migrations\n".format(settings, count).encode()]

    return application
