//! Handlers in other languages: Python has an official SDK that verifies; in the others it takes a few lines of HMAC.

use super::{Facts, Recipe};

pub(super) fn recipe(facts: &Facts<'_>) -> Option<Recipe> {
    python(facts).or_else(|| php_and_ruby(facts)).or_else(|| go(facts))
}

fn python(facts: &Facts<'_>) -> Option<Recipe> {
    let code = match facts.title {
        "FastAPI" | "Python" => include_str!("snippets/fastapi.py"),
        "Flask" => include_str!("snippets/flask.py"),
        "Django" => include_str!("snippets/django.py"),
        _ => return None,
    };
    let packages = if facts.title == "Python" { vec!["polar-sdk", "fastapi"] } else { vec!["polar-sdk"] };
    let notes = vec!["The SDK 1.x verifies by both key rules; 0.x only by Polar's own.".to_owned()];
    Some(Recipe { file: "polar_webhook.py".into(), language: "python", code: code.into(), packages, notes })
}

fn php_and_ruby(facts: &Facts<'_>) -> Option<Recipe> {
    let of_api = facts.route.strip_prefix("/api/");
    let (file, language, code, notes) = match facts.title {
        "Laravel" => (
            if of_api.is_some() { "routes/api.php" } else { "routes/web.php" },
            "php",
            // Laravel puts /api before what stands in that file.
            match of_api {
                Some(rest) => include_str!("snippets/laravel.php").replace("{{ROUTE}}", &format!("/{rest}")),
                None => include_str!("snippets/laravel.php").to_owned(),
            },
            if of_api.is_some() {
                vec!["Routes of routes/api.php are free of CSRF protection.".to_owned()]
            } else {
                vec![format!(
                    "Polar sends no CSRF token. In bootstrap/app.php: $middleware->validateCsrfTokens(except: ['{}']).",
                    facts.route.trim_start_matches('/')
                )]
            },
        ),
        "Symfony" => (
            "src/Controller/PolarWebhookController.php",
            "php",
            include_str!("snippets/symfony.php").to_owned(),
            vec!["No firewall may stand before this route.".to_owned()],
        ),
        "Rails" => (
            "app/controllers/polar_webhooks_controller.rb",
            "ruby",
            include_str!("snippets/rails.rb").to_owned(),
            vec!["Polar sends no CSRF token, so the controller does without that protection.".to_owned()],
        ),
        "Sinatra" => ("polar_webhook.rb", "ruby", include_str!("snippets/sinatra.rb").to_owned(), vec![]),
        _ => return None,
    };
    Some(Recipe { file: file.into(), language, code, packages: vec![], notes })
}

fn go(facts: &Facts<'_>) -> Option<Recipe> {
    let register = match facts.title {
        "Go (net/http)" => "mux.HandleFunc(\"POST {{ROUTE}}\", polarWebhook)",
        "Go (Gin)" => "router.POST(\"{{ROUTE}}\", gin.WrapF(polarWebhook))",
        "Go (chi)" => "router.Post(\"{{ROUTE}}\", polarWebhook)",
        "Go (Echo)" => "e.POST(\"{{ROUTE}}\", echo.WrapHandler(http.HandlerFunc(polarWebhook)))",
        "Go (Fiber)" => "app.Post(\"{{ROUTE}}\", adaptor.HTTPHandlerFunc(polarWebhook))",
        _ => return None,
    };
    let code = include_str!("snippets/handler.go").replace("{{REGISTER}}", &format!("Register it with: {register}"));
    let notes = vec!["Go's standard library is enough for it.".to_owned()];
    Some(Recipe { file: "polar_webhook.go".into(), language: "go", code, packages: vec![], notes })
}
