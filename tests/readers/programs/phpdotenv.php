<?php
// What phpdotenv gets: `[[file, name], …]` comes in, a list of values goes out.
require "Dotenv/autoload.php";

function get(string $path, string $name): ?string {
    try {
        return Dotenv\Dotenv::createArrayBacked(dirname($path), basename($path))->load()[$name] ?? null;
    } catch (Throwable $error) {
        return null;
    }
}

$orders = json_decode(stream_get_contents(STDIN), true);
echo json_encode(array_map(fn ($order) => get(...$order), $orders), JSON_INVALID_UTF8_SUBSTITUTE);
