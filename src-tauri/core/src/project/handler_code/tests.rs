//! What is read from a handler's code.

use super::*;

fn read(file: &str, text: &str) -> HandlerCode {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), format!("import polar_sdk.webhooks\n{text}\n")).unwrap();
    read_handler_code(folder.path())
}

#[test]
fn a_body_that_is_parsed_first_is_seen() {
    for (file, text) in [
        ("a.js", "app.use(express.json());\napp.post('/x', (req) => validateEvent(req.body, req.headers, s))"),
        ("a.js", "app.use(express.json());\napp.post('/x', express.raw({ type: 'application/json' }), f)"),
        ("a.js", "app.post('/webhook/polar', express.json(), f)"),
        ("a.ts", "await validateEvent(JSON.stringify(req.body), headers, secret)"),
        ("a.ts", "const text = JSON.stringify(await request.json())"),
        ("a.py", "validate_event(json.dumps(await request.json()), headers, secret)"),
    ] {
        assert!(read(file, text).parses.is_some(), "{text}");
    }
    for (file, text) in [
        ("a.js", "app.post('/x', express.raw({ type: 'application/json' }), f); app.use(express.json())"),
        ("a.js", "app.use(express.json({ verify: (req, _, bytes) => { req.bytes = bytes } }));"),
        ("a.js", "app.post('/cart', express.json(), f)"),
        ("a.ts", "const body = await request.text(); console.log(JSON.stringify(result))"),
        ("a.ts", "return new Response(JSON.stringify({ ok: true }))"),
    ] {
        assert_eq!(read(file, text).parses, None, "{text}");
    }
}

#[test]
fn the_names_of_headers_and_events_are_seen() {
    let code = read(
        "a.js",
        "const id = request.headers['Webhook-Id'];\nif (type === 'order.paid') x({ onCustomerStateChanged: f })",
    );
    let (place, mistake) = code.headers.unwrap();
    assert_eq!((place.line, mistake), (Some(2), HeaderMistake::Capitals));
    assert_eq!(code.events, ["customer.state_changed", "order.paid"]);
    for (file, text, expected) in [
        ("a.js", "request.headers['webhook-id']", None),
        ("a.js", "request.headers.get('Webhook-Id')", None),
        ("a.js", "c.req.header()['Webhook-Id']", Some(HeaderMistake::Capitals)),
        ("a.php", "$id = $_SERVER['WEBHOOK_ID'];", Some(HeaderMistake::WithoutHttp)),
        ("a.php", "$id = $_SERVER['HTTP_WEBHOOK_ID'];", None),
        ("a.py", "request.META.get(\"WEBHOOK_SIGNATURE\")", Some(HeaderMistake::WithoutHttp)),
        ("a.py", "request.headers.get('x-polar-signature')", Some(HeaderMistake::OtherName)),
        (
            "a.ts",
            "const t = await request.text();\nvalidateEvent(t, request.headers, s)",
            Some(HeaderMistake::HeadersObject),
        ),
        ("a.ts", "validateEvent(body, request.headers, s)", None),
        ("a.ts", "const t = await request.text();\nvalidateEvent(t, Object.fromEntries(request.headers), s)", None),
    ] {
        assert_eq!(read(file, text).headers.map(|(_, mistake)| mistake), expected, "{text}");
    }
}

#[test]
fn what_loads_env_files_and_who_verifies_is_seen() {
    assert!(read("a.js", "import 'dotenv/config'").loads_env);
    assert!(read("a.py", "load_dotenv()").loads_env);
    assert!(!read("a.js", "process.env.POLAR_WEBHOOK_SECRET").loads_env);
    let folder = tempfile::tempdir().unwrap();
    let code = |text: &str| {
        std::fs::write(folder.path().join("a.js"), text).unwrap();
        read_handler_code(folder.path())
    };
    assert!(code("import { Webhook } from 'standardwebhooks';\n'polar webhook'").generic_library.is_some());
    assert_eq!(code("import { x } from '@polar-sh/sdk/webhooks'; import 'standardwebhooks'").generic_library, None);
}

#[test]
fn what_is_done_with_other_events_is_seen() {
    for text in [
        "Webhooks({ onPayload: f, onOrderPaid: g })",
        "switch (event.type) { case 'order.paid': f(); break; default: g(event); }",
        "if (event.type === 'order.paid') { f(); } else { g(event); }",
        "if (event.type.startsWith('order.')) f(event);",
        "if (event.type === 'order.paid') f();\nqueue.push(event.type, event);",
        "if (event.type === 'order.paid') console.log('paid'); store(event.data);",
        "db.set(event.data.id, event.data);\nif (event.type === 'order.paid') f();",
        "if (event.type === 'checkout.updated') return skipped();\nawait work();",
        "if (['checkout.updated'].includes(event.type)) return;\nwork();",
    ] {
        assert!(read("a.js", text).takes_any, "{text}");
    }
    for text in [
        "Webhooks({ onOrderPaid: g })",
        "switch (event.type) { case 'order.paid': f(); break; case 'order.created': g(); }",
        "if (event.type === 'order.refunded') console.log(event.data.id);",
        "if (event.type === 'order.paid') {\n  grant(event.data);\n}\nreply.send(202);",
        "if event['type'] == 'order.paid':\n    grant(event['data'])",
        "console.log(event.type);\nif (event.type === 'order.paid') { f(); } else if (event.type === 'order.created') { g(); }",
    ] {
        assert!(!read("a.js", text).takes_any, "{text}");
    }
}
