import code
import filecmp
import os
import shutil
import sys

from django import db
from django.conf import settings


def migrate():
    with db.connect() as connection:
        done = db.applied(connection)
        todo = [name for name in settings.MIGRATIONS if name not in done]
        print("Running migrations:")
        for name in todo:
            connection.execute("insert into django_migrations values (?)", (name,))
            print("  Applying %s... OK" % name)
        if not todo:
            print("  No migrations to apply.")


def collectstatic():
    copied = unmodified = 0
    os.makedirs(settings.STATIC_ROOT, exist_ok=True)
    for folder in settings.STATICFILES_DIRS:
        for name in sorted(os.listdir(folder)):
            source, target = os.path.join(folder, name), os.path.join(settings.STATIC_ROOT, name)
            if os.path.exists(target) and filecmp.cmp(source, target, shallow=False):
                unmodified += 1
            else:
                shutil.copy(source, target)
                copied += 1
    print("%d static files copied, %d unmodified." % (copied, unmodified))


def shell():
    if sys.stdin.isatty():
        code.interact(banner="", exitmsg="")
    else:
        exec(sys.stdin.read(), {})


COMMANDS = {"migrate": migrate, "syncdb": migrate, "collectstatic": collectstatic, "shell": shell}


def execute_from_command_line(argv):
    if len(argv) < 2 or argv[1] not in COMMANDS:
        sys.exit("Unknown command: %r" % " ".join(argv[1:]))
    COMMANDS[argv[1]]()
