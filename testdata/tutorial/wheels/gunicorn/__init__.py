"""Stands for gunicorn where there is no network: one process serves one request after the other."""

import argparse
import importlib
import os
import sys
from wsgiref.simple_server import make_server


def main():
    parser = argparse.ArgumentParser(prog="gunicorn")
    parser.add_argument("--bind", default="127.0.0.1:8000")
    parser.add_argument("app", help="MODULE:VARIABLE")
    args = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    module, variable = args.app.split(":")
    host, port = args.bind.split(":")
    with make_server(host, int(port), getattr(importlib.import_module(module), variable)) as server:
        print("Listening at: http://%s" % args.bind, flush=True)
        server.serve_forever()
