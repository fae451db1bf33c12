import os

BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SITE_NAME = "development"
VERSION = 1
DATABASES = {"default": {"NAME": os.path.join(BASE_DIR, "development.sqlite3")}}
MIGRATIONS = ["shop.0001_initial"]
STATICFILES_DIRS = [os.path.join(BASE_DIR, "static")]
STATIC_ROOT = os.path.join(BASE_DIR, "collected")

try:
    from local_settings import *
except ImportError:
    pass
