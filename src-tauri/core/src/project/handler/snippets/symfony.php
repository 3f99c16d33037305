<?php

namespace App\Controller;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Routing\Attribute\Route;

final class PolarWebhookController
{
    #[Route('{{ROUTE}}', methods: ['POST'])]
    public function take(Request $request): Response
    {
        $secret = $_ENV['{{SECRET}}'] ?? '';
        if ($secret === '') {
            return new Response('{{SECRET}} is not set.', 500);
        }
        $body = $request->getContent();
        $timestamp = (string) $request->headers->get('webhook-timestamp');
        if (abs(time() - (int) $timestamp) > 300) {
            return new Response('', 403);
        }

        // Polar signs with the whole secret, or with what stands base64-encoded after whsec_.
        $keys = array_filter([$secret, base64_decode(preg_replace('/^whsec_/', '', $secret))]);
        $signed = $request->headers->get('webhook-id').'.'.$timestamp.'.'.$body;
        $verified = false;
        foreach (explode(' ', (string) $request->headers->get('webhook-signature')) as $signature) {
            foreach ($keys as $key) {
                $expected = 'v1,'.base64_encode(hash_hmac('sha256', $signed, $key, true));
                $verified = hash_equals($expected, $signature) || $verified;
            }
        }

        return new Response('', $verified ? 202 : 403);
    }
}
