require "json"
require "openssl"
require "rack/utils"

post "{{ROUTE}}" do
  secret = ENV.fetch("{{SECRET}}")
  body = request.body.read
  timestamp = request.env["HTTP_WEBHOOK_TIMESTAMP"].to_s
  halt 403 if secret.empty? || (Time.now.to_i - timestamp.to_i).abs > 300

  signed = "#{request.env["HTTP_WEBHOOK_ID"]}.#{timestamp}.#{body}"
  # Polar signs with the whole secret, or with what stands base64-encoded after whsec_.
  keys = [secret, secret.delete_prefix("whsec_").unpack1("m")].reject(&:empty?)
  expected = keys.map do |key|
    "v1,#{[OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")}"
  end
  signatures = request.env["HTTP_WEBHOOK_SIGNATURE"].to_s.split
  halt 403 unless signatures.product(expected).any? { |one, other| Rack::Utils.secure_compare(one, other) }

  logger.info(JSON.parse(body)["type"])
  status 202
end
