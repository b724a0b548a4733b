//! The sentences of one language, read from its Fluent file. Must not know which sentences there are.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// What a sentence's variable may be: words, or a number by which Fluent chooses a plural.
pub(crate) use fluent_bundle::FluentValue as Value;

pub(crate) struct Catalog(FluentBundle<FluentResource>);

impl Catalog {
    /// A message that cannot be read is left out: tests see to it that all can.
    pub(in crate::domain) fn read(code: &str, text: &str) -> Self {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
        let mut bundle = FluentBundle::new_concurrent(vec![code.parse().unwrap_or_default()]);
        // The marks around values that Fluent adds for right-to-left scripts would be copied with every name.
        bundle.set_use_isolating(false);
        // Both fail only where a name is taken already.
        let _ = (bundle.add_resource(resource), bundle.add_builtins());
        Self(bundle)
    }

    /// The message, or its attribute, with these values; `None` where there is none.
    pub(super) fn text(
        &self,
        key: &str,
        attribute: Option<&str>,
        values: &[(&str, FluentValue<'_>)],
    ) -> Option<String> {
        let message = self.0.get_message(key)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        // A value that is missing stands in the text by its name.
        let mut missing = Vec::new();
        Some(self.0.format_pattern(pattern, Some(&values), &mut missing).into_owned())
    }
}
