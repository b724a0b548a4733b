//! Tests: keys keep their order when encrypted, nothing that was changed can be decrypted, and nothing hidden
//! is visible.

use super::*;
use crate::domain::{ChatId, Timestamp, UserId};
use crate::secret::KeyMaterial;
use crate::store::keys;
use proptest::prelude::*;
use uuid::Uuid;

fn seal() -> Seal {
    Header::new(&KeyMaterial::new(vec![7; 32])).unwrap().1
}

/// Keys of every kind for one learner, session and time.
fn keys_of(user: i64, session: u128, at: i64, number: u32) -> Vec<Vec<u8>> {
    let (who, id, now) = (UserId(user), Uuid::from_u128(session), Timestamp(at));
    let row = at.cast_unsigned();
    vec![
        keys::learner(who),
        keys::archived(who, now, id),
        keys::expiry(now, who, Timestamp(at / 2), id),
        keys::turn(who, id, number),
        keys::inbox(row),
        keys::outbox(row, number),
        keys::dead(row),
        keys::dead_outbox(row, number),
        keys::rate(who),
        keys::seen(row),
        keys::purge(id),
        keys::purge_due(now, id),
        keys::moved(ChatId(user)),
        keys::next_seq(),
        keys::ledger(),
    ]
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_sealed_opens_and_shows_nothing(
        user in any::<i64>(),
        session in any::<u128>(),
        at in any::<i64>(),
        number in any::<u32>(),
        value in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let seal = seal();
        for key in keys_of(user, session, at, number) {
            let (under, sealed) = seal.seal(&key, &value).unwrap();
            prop_assert_eq!(&under, &seal.key(&key).unwrap());
            prop_assert_eq!(under[0], key[0]);
            prop_assert_eq!(seal.open(&under, &sealed).unwrap(), (key.clone(), value.clone()));
            let hidden: Vec<u8> = hidden(&key).collect();
            // Ids of fewer than five different bytes may occur anywhere by chance.
            if hidden.len() >= 8 {
                prop_assert!(!holds(&under, &hidden[..8]) && !holds(&sealed, &hidden[..8]));
            }
            let again = seal.seal(&key, &value).unwrap();
            prop_assert!(again.0 == under && again.1 != sealed, "the nonce is new each time");
        }
    }

    #[test]
    fn ranges_hold_the_same_keys(
        moments in proptest::collection::vec(any::<i64>(), 2..12),
        users in proptest::collection::vec(-3_i64..3, 2..12),
        from in 0_usize..12,
        bound in any::<i64>(),
    ) {
        let seal = seal();
        let mut all: Vec<Vec<u8>> = Vec::new();
        for (at, user) in moments.iter().zip(&users) {
            all.extend(keys_of(*user, u128::from(user.unsigned_abs()), *at, 1 + at.unsigned_abs() as u32 % 9));
        }
        let someone = &all[from % all.len()];
        let (user, id) = (UserId(users[0]), Uuid::from_u128(u128::from(users[0].unsigned_abs())));
        for range in [
            Range::prefix(keys::kind(kinds::PERSON)),
            Range::prefix(keys::archived_of(user)),
            Range::prefix(keys::of_learner(kinds::TURN, user)),
            Range::prefix(keys::turns(user, id)).after(&keys::turn(user, id, 4)),
            Range::prefix(keys::learner(user)),
            Range::prefix(keys::kind(kinds::INBOX)).after(&keys::inbox(bound.unsigned_abs())),
            Range::prefix(keys::outbox_of(moments[0].cast_unsigned())),
            Range::prefix(keys::kind(kinds::EXPIRY)).before(keys::expiry_before(Timestamp(bound))),
            Range::prefix(keys::kind(kinds::PURGE_DUE)).before(keys::purge_due_after(Timestamp(bound))),
            Range::prefix(keys::kind(kinds::SEEN)).after(&[]),
            Range::prefix(keys::cards_due_of(user, true)).before(keys::cards_due_after(user, true, bound as i32)),
            Range::prefix(keys::kind(kinds::REMINDER_DUE)).before(keys::reminders_due_after(Timestamp(bound))),
        ] {
            let (span, sealed) = (range.span(), seal.range(&range).unwrap().span());
            for key in &all {
                prop_assert_eq!(span.contains(key), sealed.contains(&seal.key(key).unwrap()), "{:?}", range);
            }
        }
        // A page continues where it stopped, whatever the order: the order of any two keys is fixed.
        let rest = seal.range(&Range::prefix(someone[..1].to_vec()).after(someone)).unwrap().span();
        prop_assert!(!rest.contains(&seal.key(someone).unwrap()));
    }

    #[test]
    fn order_stays_where_it_means_something(a in any::<i64>(), b in any::<i64>(), n in any::<u32>(), m in any::<u32>()) {
        let seal = seal();
        let (user, id) = (UserId(5), Uuid::max());
        let pairs = [
            (keys::archived(user, Timestamp(a), id), keys::archived(user, Timestamp(b), id)),
            (keys::turn(user, id, n), keys::turn(user, id, m)),
            (keys::inbox(a.cast_unsigned()), keys::inbox(b.cast_unsigned())),
            (keys::outbox(1, n), keys::outbox(1, m)),
            (keys::purge_due(Timestamp(a), id), keys::purge_due(Timestamp(b), id)),
            (keys::expiry(Timestamp(a), user, Timestamp(1), id), keys::expiry(Timestamp(b), user, Timestamp(1), id)),
            (keys::archived(user, Timestamp(a), id), keys::learner(user)),
        ];
        for (one, other) in pairs {
            prop_assert_eq!(one.cmp(&other), seal.key(&one).unwrap().cmp(&seal.key(&other).unwrap()));
        }
    }

    #[test]
    fn hostile_bytes_are_an_error_and_never_a_panic(
        at in proptest::collection::vec(any::<u8>(), 0..60),
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let seal = seal();
        prop_assert!(seal.open(&at, &bytes).is_err());
        let _ = seal.key(&at);
        let _ = seal.range(&Range::prefix(at.clone()).after(&bytes).before(bytes.clone()));
        let _ = Header::read(&bytes);
        // Even if encrypted with the right key, what does not fit its key is an error.
        let _ = restore(&at, bytes);
    }
}

#[test]
fn any_changed_byte_of_key_or_value_is_found() {
    let seal = seal();
    for key in keys_of(-77, 9, 1_700_000_000_000, 3) {
        let (under, sealed) = seal.seal(&key, b"a record").unwrap();
        for at in 0..under.len() {
            let mut changed = under.clone();
            changed[at] ^= 1;
            assert!(seal.open(&changed, &sealed).is_err(), "{key:?} byte {at} of the key");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 0x80;
            assert!(seal.open(&under, &changed).is_err(), "{key:?} byte {at} of the value");
            assert!(seal.open(&under, &sealed[..at]).is_err());
        }
    }
}

#[test]
fn a_record_opens_under_its_own_key_alone() {
    let seal = seal();
    let one = seal.seal(&keys::learner(UserId(1)), b"one").unwrap();
    let two = seal.seal(&keys::learner(UserId(2)), b"two").unwrap();
    assert!(seal.open(&one.0, &two.1).is_err());
    assert!(self::seal().open(&one.0, &one.1).is_err(), "another salt, another key");
}

#[test]
fn kinds_cannot_be_joined_by_an_id_and_keys_do_not_print() {
    let seal = seal();
    let hash = |key: Vec<u8>| seal.key(&key).unwrap()[1..=HASH].to_vec();
    let (person, turn, rate) =
        (keys::learner(UserId(1)), keys::of_learner(kinds::TURN, UserId(1)), keys::rate(UserId(1)));
    assert!(hash(person.clone()) != hash(turn.clone()) && hash(turn) != hash(rate));
    assert_ne!(hash(person), hash(keys::learner(UserId(2))));
    assert_eq!(format!("{seal:?}"), "Seal(***)");
}

#[test]
fn what_has_no_form_is_refused() {
    let seal = seal();
    for key in [&b"l12"[..], b"zz", b"i123456789", &[b'l'; 40]] {
        assert!(matches!(seal.key(key), Err(StoreError::Corrupt { .. })), "{key:?}");
    }
    assert_eq!(seal.key(b"").unwrap(), b"");
    let bound = Range::prefix(keys::kind(kinds::PERSON)).before(keys::learner(UserId(1)));
    assert!(seal.range(&bound).is_err(), "hashes have no order");
}
