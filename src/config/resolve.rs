//! One option from what was given: which source counts, read and checked.
//!
//! Must not know what an option means.

use super::checks;
use super::keys::{Key, Kind};
use super::sources::Given;
use super::{Config, ConfigError, Inputs, Setting};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn resolve(
    key: &Key,
    values: &BTreeMap<String, Given>,
    inputs: &Inputs,
    config: &mut Config,
) -> Result<Setting, ConfigError> {
    // A service cannot read root's files, so the systemd credential takes precedence over a path that is
    // meant for root's own commands.
    let credential = credential(key, inputs).filter(|_| matches!(key.kind, Kind::KeyFile(_)));
    let direct = credential.as_ref().or_else(|| values.get(key.name));
    let (name, given, shown, text) = match (direct, key.is_secret()) {
        (Some(given), false) => {
            (key.name.to_owned(), given.clone(), checks::shown(key, &given.text), given.text.clone())
        }
        (None, false) => {
            return Ok(Setting { name: key.name.to_owned(), value: None, origin: "default".to_owned() });
        }
        (_, true) => match secret(key, direct, values, inputs)? {
            Some(found) => found,
            None => {
                return Ok(Setting { name: key.name.to_owned(), value: None, origin: "default".to_owned() });
            }
        },
    };
    match checks::apply(key, config, &text, &inputs.working_dir) {
        Ok(()) => Ok(Setting { name, value: Some(shown), origin: given.origin }),
        Err(problem) => Err(ConfigError { key: name, origin: given.origin, shown: Some(shown), problem }),
    }
}

/// Name in force, source, text that may be shown, the secret itself.
type Found = (String, Given, String, String);

/// A secret is given directly, in a file, or as a systemd credential, which needs no configuration.
fn secret(
    key: &Key,
    direct: Option<&Given>,
    values: &BTreeMap<String, Given>,
    inputs: &Inputs,
) -> Result<Option<Found>, ConfigError> {
    let file_name = key.file_name();
    let (name, file, shown) = match (direct, credential(key, inputs), values.get(&file_name)) {
        (Some(given), _, None) => {
            return Ok(Some((key.name.to_owned(), given.clone(), "***".to_owned(), given.text.clone())));
        }
        (Some(given), _, Some(file)) => {
            return Err(ConfigError {
                key: key.name.to_owned(),
                origin: given.origin.clone(),
                shown: Some("***".to_owned()),
                problem: format!("and {file_name} ({}) are both set: keep one of them", file.origin),
            });
        }
        (None, Some(credential), _) => (key.name.to_owned(), credential, "***".to_owned()),
        (None, None, Some(file)) => {
            // Somebody may have put the secret itself where the name of its file belongs.
            let shown = if file.text.contains(':') { "***".to_owned() } else { file.text.clone() };
            (file_name, file.clone(), shown)
        }
        (None, None, None) => return Ok(None),
    };
    match checks::secret_file(Path::new(file.text.trim()), &inputs.working_dir) {
        Ok(text) => Ok(Some((name, file, shown, text))),
        Err(problem) => Err(ConfigError { key: name, origin: file.origin, shown: Some(shown), problem }),
    }
}

fn credential(key: &Key, inputs: &Inputs) -> Option<Given> {
    let folder = inputs.env.get("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty())?;
    let path = Path::new(folder).join(key.credential());
    let origin = format!("systemd credential {}", key.credential());
    path.exists().then(|| Given { text: path.to_string_lossy().into_owned(), origin })
}
