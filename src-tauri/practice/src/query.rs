//! The part of an address after the question mark: its values, pages, and filters by id.

use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::problem::{self, Problem, place};

const LARGEST_PAGE: i64 = 100;

/// The values of a query; of several with one name the last one counts, except for filters.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: i64,
    limit: i64,
}

impl Query {
    pub fn parse(text: Option<&str>) -> Self {
        Self(form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The wanted page; more than 100 silently becomes 100.
    pub fn page(&self, problems: &mut Vec<Problem>) -> Page {
        let number = self.positive("page", 1, problems);
        let limit = self.positive("limit", 10, problems).min(LARGEST_PAGE);
        Page { number, limit }
    }

    fn positive(&self, name: &str, default: i64, problems: &mut Vec<Problem>) -> i64 {
        let Some(text) = self.last(name) else { return default };
        let at = place(&["query", name]);
        let input = json!(text);
        match integer(text) {
            None => problems.push(Problem::new(
                "int_parsing",
                &at,
                "Input should be a valid integer, unable to parse string as an integer",
                &input,
            )),
            Some(number) if number <= 0 => problems.push(
                Problem::new("greater_than", &at, "Input should be greater than 0", &input).with(json!({ "gt": 0 })),
            ),
            Some(number) => return number,
        }
        default
    }

    /// A yes or no.
    pub fn boolean(&self, name: &str, problems: &mut Vec<Problem>) -> Option<bool> {
        let text = self.last(name)?;
        problem::boolean(&place(&["query", name]), &json!(text)).map_err(|problem| problems.push(problem)).ok()
    }

    /// Ids to filter by, or `None` if the query names none. A wrong one is complained about once as a single id and
    /// once as a list, as the real server does.
    pub fn ids(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Vec<Uuid>> {
        const AS_LIST: &str =
            "json-or-python[json=list[uuid],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]";
        let texts = self.all(name);
        if texts.is_empty() {
            return None;
        }
        let mut ids = Vec::new();
        let mut wrong = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let mut at = place(&["query", name, AS_LIST]);
            at.push(json!(index));
            match problem::uuid(&at, &json!(text)) {
                Ok(id) => ids.push(id),
                Err(problem) => wrong.push(problem),
            }
        }
        if !wrong.is_empty() {
            problems.extend(problem::uuid(&place(&["query", name, "uuid"]), &json!(texts)).err());
            problems.extend(wrong);
        }
        Some(ids)
    }
}

impl Page {
    /// One page of a list and how much there is in all. Beyond the end the real server counts nothing.
    pub fn of(self, items: &[Value]) -> Value {
        let skipped = usize::try_from(self.number.saturating_sub(1).saturating_mul(self.limit)).unwrap_or(usize::MAX);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let part: Vec<&Value> = items.iter().skip(skipped).take(limit).collect();
        let total = if part.is_empty() { 0 } else { items.len() };
        json!({ "items": part, "pagination": { "total_count": total, "max_page": total.div_ceil(limit) } })
    }
}

/// An integer as pydantic reads one from a text: blanks around it, a sign, single underscores and a zero fraction are
/// fine.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let whole = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => digits,
    };
    if whole.is_empty() || whole.starts_with('_') || whole.ends_with('_') || whole.contains("__") {
        return None;
    }
    let plain = whole.replace('_', "");
    if !plain.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(sign * plain.parse::<i64>().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_integers_as_leniently_as_polar() {
        for (text, number) in [("5", 5), (" 5 ", 5), ("+5", 5), ("-1", -1), ("1.0", 1), ("1_000", 1000)] {
            assert_eq!(integer(text), Some(number), "{text}");
        }
        for text in ["", "abc", "1.5", "1.", "_1", "0x1"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn parts_a_list_into_pages() {
        let items: Vec<Value> = (0..12).map(|number| json!(number)).collect();
        let page = |query| Query::parse(Some(query)).page(&mut Vec::new()).of(&items);
        assert_eq!(page("limit=5&page=3")["items"], json!([10, 11]));
        assert_eq!(page("limit=5&page=3")["pagination"], json!({"total_count": 12, "max_page": 3}));
        assert_eq!(page("page=9")["pagination"], json!({"total_count": 0, "max_page": 0}));
        assert_eq!(page("limit=1000")["items"].as_array().unwrap().len(), 12);
    }

    #[test]
    fn complains_about_a_wrong_filter_twice() {
        let mut problems = Vec::new();
        Query::parse(Some("endpoint_id=nope")).ids("endpoint_id", &mut problems);
        assert_eq!(problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), ["uuid_type", "uuid_parsing"]);
        assert_eq!(*problems[0].input, json!(["nope"]));
    }
}
