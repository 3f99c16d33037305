// The diagnosis before real apps in Python and PHP.
import { django } from "./diagnosed/django.js";
import { fastapi } from "./diagnosed/fastapi.js";
import { flask } from "./diagnosed/flask.js";
import { playAll } from "./diagnosed/matrix.js";
import { php } from "./diagnosed/php.js";

playAll("diagnose names what is wrong in Python and PHP", [...fastapi, ...flask, ...django, ...php]);
