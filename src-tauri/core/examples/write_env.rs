//! Sets variables in env files, for the tests against the real readers: JSON lines in, `{before, name, value, prefer}`
//! with `before` in base64; JSON lines out, `{file, differ}` or `{error}`, `file` in base64.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_setup_core::env_file::{Document, Reader};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", answer(&serde_json::from_str(&line?)?)?)?;
    }
    Ok(())
}

fn answer(order: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |name: &str| order[name].as_str().ok_or(format!("{name} is missing"));
    let mut document = Document::parse(&STANDARD.decode(text("before")?)?);
    let prefer = order["prefer"].as_str().map(reader).transpose()?;
    Ok(match document.set(text("name")?, text("value")?, prefer) {
        Ok(written) => {
            let differ: Vec<String> = written.differ.iter().map(|reader| format!("{reader:?}")).collect();
            json!({ "file": STANDARD.encode(document.to_bytes()), "differ": differ })
        }
        Err(error) => json!({ "error": error.to_string() }),
    })
}

fn reader(name: &str) -> Result<Reader, String> {
    Reader::ALL.into_iter().find(|reader| format!("{reader:?}") == name).ok_or(format!("there is no reader {name}"))
}
