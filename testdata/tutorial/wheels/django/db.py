import sqlite3

from django.conf import settings


def connect():
    db = sqlite3.connect(settings.DATABASES["default"]["NAME"])
    db.execute("create table if not exists django_migrations (name text)")
    return db


def applied(db):
    return [name for (name,) in db.execute("select name from django_migrations")]
