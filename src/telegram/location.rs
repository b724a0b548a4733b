//! Shared locations, of which nothing but the time zone is known from here on. Must not know what it is wanted for.

use crate::domain::places;
use serde_json::Value;

/// The time zone of the location in a message.
pub(super) fn zone_of(message: &Value) -> Option<String> {
    let location = message.get("location")?;
    let degrees = |field: &str| location.get(field).and_then(Value::as_f64);
    places::nearest(degrees("latitude")?, degrees("longitude")?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_location_is_a_time_zone_whatever_else_it_tells() {
        let zone = |location: Value| zone_of(&json!({ "location": location }));
        let lisbon = json!({ "latitude": 38.7, "longitude": -9, "live_period": 60, "heading": 7 });
        assert_eq!(zone(lisbon).as_deref(), Some("Europe/Lisbon"));
        for hostile in [
            json!({}),
            json!({ "latitude": 1e300, "longitude": 0 }),
            json!({ "latitude": "1", "longitude": [] }),
            json!([1]),
        ] {
            assert_eq!(zone(hostile.clone()), None, "{hostile}");
        }
        assert_eq!(zone_of(&json!({ "text": "Lisbon" })), None);
    }
}
