<?php
// What Symfony's Dotenv gets: `[[file, name], …]` comes in, a list of values goes out.
require "Symfony/Component/Dotenv/autoload.php";

function get(string $path, string $name): ?string {
    try {
        $_ENV = [];
        (new Symfony\Component\Dotenv\Dotenv())->overload($path);
        return $_ENV[$name] ?? null;
    } catch (Throwable $error) {
        return null;
    }
}

$orders = json_decode(stream_get_contents(STDIN), true);
echo json_encode(array_map(fn ($order) => get(...$order), $orders), JSON_INVALID_UTF8_SUBSTITUTE);
