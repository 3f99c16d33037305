//! `docker run --env-file`: what follows the first `=` of a line is the value, whatever it is.

use super::text;

/// The longest line that it takes, in bytes.
const LONGEST: usize = 64 * 1024 - 1;

pub(super) fn read(file: &[u8], name: &str) -> Option<String> {
    let text = text::strict(file.strip_prefix(text::BOM).unwrap_or(file))?;
    let mut last = None;
    for line in text.split('\n') {
        if line.len() > LONGEST {
            return None;
        }
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        if key.is_empty() || key.contains([' ', '\t']) {
            return None;
        }
        if key == name {
            last = value;
        }
    }
    last.filter(|value| !value.contains('\0')).map(str::to_owned)
}
