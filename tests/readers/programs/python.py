# What python-dotenv gets: `[[file, name], …]` comes in, a list of values goes out.
import json
import sys

from dotenv import dotenv_values


def read(path, name):
    try:
        return dotenv_values(path).get(name)
    except Exception:
        return None


print(json.dumps([read(path, name) for path, name in json.load(sys.stdin)]))
