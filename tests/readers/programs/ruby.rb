# What Ruby's dotenv gets: `[[file, name], …]` comes in, a list of values goes out.
require "json"
require "dotenv"

def get(path, name)
  # Version 2 has no other way to read without setting anything.
  value = Dotenv.respond_to?(:parse) ? Dotenv.parse(path)[name] : Dotenv::Environment.new(path, false)[name]
  value.nil? ? nil : value.dup.force_encoding("UTF-8").scrub
rescue Exception
  nil
end

puts JSON.generate(JSON.parse(STDIN.read).map { |path, name| get(path, name) })
