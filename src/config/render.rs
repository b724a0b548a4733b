//! The table of options as text for `config`, `.env.telegram.example` and docs/configuration.md.
//!
//! Pure. Must not know where the text goes.

use super::Loaded;
use super::keys::{self, Key, TOPICS};
use serde_json::{Map, Value, json};

/// Widest comment line of the example file.
const WIDTH: usize = 100;

/// Values in force and their origins, as a table or as JSON.
pub fn render(loaded: &Loaded, json: bool) -> String {
    if json {
        let settings: Map<String, Value> = loaded
            .origins
            .iter()
            .map(|setting| {
                (setting.name.clone(), json!({ "value": setting.value, "origin": setting.origin }))
            })
            .collect();
        return format!("{:#}\n", Value::Object(settings));
    }
    let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut rows = vec![("KEY".to_owned(), "VALUE".to_owned(), "FROM".to_owned())];
    rows.extend(loaded.origins.iter().map(|s| (s.name.clone(), value(&s.value), s.origin.clone())));
    let width = |column: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
    };
    let (keys, values) = (width(|row| &row.0), width(|row| &row.1));
    rows.iter().map(|(key, value, from)| format!("{key:keys$}  {value:values$}  {from}\n")).collect()
}

/// `.env.telegram.example`: every option with its meaning, commented out at its default.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Settings of phonicflow-bot. Copy to .env.telegram, fill in the token, and keep the copy to yourself (chmod 600).\n\
         # Every line that begins with # shows a default. Where the same key is set elsewhere, the later wins:\n\
         # config.toml (the names in lower case), this file, the environment, the command line.\n",
    );
    for (topic, keys) in TOPICS {
        text.push_str(&format!("\n# ---- {topic} ----\n"));
        for key in *keys {
            text.push('\n');
            for line in wrap(&format!("{} ({})", key.doc, key.expects()), WIDTH - 2) {
                text.push_str(&format!("# {line}\n"));
            }
            let off = if key.name == "TELEGRAM_BOT_TOKEN" { "" } else { "#" };
            text.push_str(&format!("{off}{}={}\n", key.name, key.default));
            if key.is_secret() {
                text.push_str(&format!("# or a file that holds it:\n#{}=\n", key.file_name()));
            }
        }
    }
    text
}

pub fn markdown_table() -> String {
    let mut text = String::from("| key | default | meaning |\n| --- | --- | --- |\n");
    for key in keys::all() {
        let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
        let doc = format!("{} ({})", key.doc, key.expects()).replace('|', "\\|");
        text.push_str(&format!("| `{}` | {default} | {doc} |\n", names(key, "` / `")));
    }
    text
}

fn names(key: &Key, between: &str) -> String {
    if key.is_secret() { format!("{}{between}{}", key.name, key.file_name()) } else { key.name.to_owned() }
}

/// Wraps at spaces to at most `width` characters; a longer word stays whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces() {
        assert_eq!(wrap("aa bb cc", 5), vec!["aa bb", "cc"]);
        assert_eq!(wrap("longer than", 3), vec!["longer", "than"]);
        assert!(wrap(" ", 3).is_empty());
    }

    #[test]
    fn every_option_is_in_every_rendering() {
        for key in keys::all() {
            for text in [env_example(), markdown_table()] {
                assert!(text.contains(key.name), "{}", key.name);
            }
        }
        assert!(env_example().lines().all(|line| line.chars().count() <= 118));
    }
}
