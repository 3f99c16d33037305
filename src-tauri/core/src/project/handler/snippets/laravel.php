use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

Route::post('{{ROUTE}}', function (Request $request) {
    $secret = (string) env('{{SECRET}}');
    abort_if($secret === '', 500, '{{SECRET}} is not set.');
    $body = $request->getContent();
    $timestamp = (string) $request->header('webhook-timestamp');
    abort_if(abs(time() - (int) $timestamp) > 300, 403);

    // Polar signs with the whole secret, or with what stands base64-encoded after whsec_.
    $keys = array_filter([$secret, base64_decode(preg_replace('/^whsec_/', '', $secret))]);
    $signed = $request->header('webhook-id').'.'.$timestamp.'.'.$body;
    $verified = false;
    foreach (explode(' ', (string) $request->header('webhook-signature')) as $signature) {
        foreach ($keys as $key) {
            $expected = 'v1,'.base64_encode(hash_hmac('sha256', $signed, $key, true));
            $verified = hash_equals($expected, $signature) || $verified;
        }
    }
    abort_unless($verified, 403);

    logger(json_decode($body)->type);

    return response()->noContent(202);
});
