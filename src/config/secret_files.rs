//! Lists the files that hold secrets, so that `doctor` can check who may read them.
//!
//! Reads no file. Must not know what the secrets are for.

use super::sources::DOTENV;
use super::{Loaded, keys};
use std::path::{Path, PathBuf};

impl Loaded {
    /// File and the option that names it; relative names start at `folder`. Without systemd credentials,
    /// which systemd protects itself.
    pub(crate) fn secret_files(&self, folder: &Path) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        for setting in &self.origins {
            let Some(value) = &setting.value else { continue };
            if setting.origin.starts_with("systemd credential") {
                continue;
            }
            let direct = keys::all().any(|key| key.is_secret() && key.name == setting.name)
                || setting.name.ends_with(".key");
            let plain = keys::all().any(|key| {
                key.name == setting.name && matches!(key.kind, keys::Kind::CaFile(_) | keys::Kind::File(_))
            });
            let password = setting.name == "TELEGRAM_PROXY" && value.contains("***@");
            let path = match setting.origin.strip_prefix("file ") {
                _ if setting.name.ends_with(".key_file") => Some(value.as_str()),
                _ if plain => None,
                _ if setting.name.ends_with("_FILE") => Some(value.as_str()),
                path if direct || password => match path {
                    None if setting.origin.starts_with(DOTENV) => Some(DOTENV),
                    path => path,
                },
                _ => None,
            };
            if let Some(path) = path {
                found.push((setting.name.clone(), folder.join(path)));
            }
        }
        found
    }

    pub(crate) fn shown(&self, name: &str) -> Option<&str> {
        self.origins.iter().find(|setting| setting.name == name)?.value.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Inputs};

    #[test]
    fn the_keys_of_providers_lie_in_files_of_their_own_or_in_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let tables = "[providers.one]\nurl = \"http://h/v1\"\nkey_file = \"key\"\n[providers.two]\nurl = \"http://h/v1\"\nkey = \"k\"\n";
        std::fs::write(folder.path().join("key"), "k").unwrap();
        std::fs::write(folder.path().join("c.toml"), tables).unwrap();
        let config_path = Some(folder.path().join("c.toml"));
        let inputs = Inputs { config_path, working_dir: folder.path().to_owned(), ..Inputs::default() };
        let loaded = Config::load(inputs).unwrap();
        let expected = [("providers.one.key_file", "key"), ("providers.two.key", "c.toml")];
        let expected = expected.map(|(name, file)| (name.to_owned(), folder.path().join(file)));
        assert_eq!(loaded.secret_files(folder.path()), expected);
    }
}
