# In config/routes.rb: post "{{ROUTE}}", to: "polar_webhooks#create"
class PolarWebhooksController < ActionController::Base
  skip_forgery_protection

  def create
    return head :forbidden unless verified?

    event = JSON.parse(request.raw_post)
    Rails.logger.info(event["type"])
    head :accepted
  end

  private

  def verified?
    secret = ENV.fetch("{{SECRET}}")
    timestamp = request.headers["webhook-timestamp"].to_s
    return false if secret.empty? || (Time.now.to_i - timestamp.to_i).abs > 300

    signed = "#{request.headers["webhook-id"]}.#{timestamp}.#{request.raw_post}"
    # Polar signs with the whole secret, or with what stands base64-encoded after whsec_.
    keys = [secret, secret.delete_prefix("whsec_").unpack1("m")].reject(&:empty?)
    expected = keys.map do |key|
      "v1,#{[OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")}"
    end
    signatures = request.headers["webhook-signature"].to_s.split
    signatures.product(expected).any? { |one, other| ActiveSupport::SecurityUtils.secure_compare(one, other) }
  end
end
