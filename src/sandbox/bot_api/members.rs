//! What the bot may ask about chats and their members. Must not know HTTP.

use serde_json::{Value, json};

use super::{error::ApiError, params::Params, send::Done, state::State};

impl State {
    pub(super) fn get_chat(&self, params: &Params) -> Done {
        let chat = self.visible(params)?;
        let mut json = self.chat_json(chat);
        let invite = self.chats.get(&chat).and_then(|chat| chat.invite.clone());
        if let Some(map) = json.as_object_mut() {
            if let Some(invite) = invite.filter(|_| self.runs(chat)) {
                map.insert("invite_link".to_owned(), json!(invite));
            }
            map.insert("accent_color_id".to_owned(), json!(0));
            map.insert("max_reaction_count".to_owned(), json!(11));
            let gifts = [
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ];
            let gifts: serde_json::Map<_, _> =
                gifts.iter().map(|kind| ((*kind).to_owned(), json!(false))).collect();
            map.insert("accepted_gift_types".to_owned(), Value::Object(gifts));
        }
        Ok((json, None))
    }

    pub(super) fn get_chat_member(&self, params: &Params) -> Done {
        let id = self.visible(params)?;
        let user = params.int("user_id").unwrap_or(0);
        if user <= 0 {
            return Err(ApiError::bad("invalid user_id specified"));
        }
        let channel = self.chats.get(&id).is_some_and(|chat| chat.kind == "channel");
        if channel && !self.runs(id) {
            return Err(ApiError::bad("member list is inaccessible"));
        }
        if !self.users.contains_key(&user) {
            return Err(ApiError::bad("user not found"));
        }
        let status = self.chats.get(&id).and_then(|chat| chat.members.get(&user));
        let status = status.map_or("left", String::as_str);
        Ok((member_json(status, self.user_json(user)), None))
    }

    /// The chat, if the bot may see it: everybody sees a public channel, only members a private one.
    fn visible(&self, params: &Params) -> Result<i64, ApiError> {
        let id = self.resolve(params)?;
        let Some(chat) = self.chats.get(&id) else { return Err(ApiError::bad("chat not found")) };
        if let Some(to) = chat.migrated_to {
            return Err(ApiError::migrated(to));
        }
        if chat.kind != "channel" {
            return Ok(id);
        }
        let public = chat.json.get("username").is_some();
        match self.own_status(id) {
            Some("kicked") => Err(ApiError::forbidden("bot was kicked from the channel chat")),
            None | Some("left") if !public => Err(ApiError::bad("chat not found")),
            _ => Ok(id),
        }
    }

    /// Whether the bot is an administrator of the chat.
    fn runs(&self, chat: i64) -> bool {
        matches!(self.own_status(chat), Some("administrator" | "creator"))
    }

    fn own_status(&self, chat: i64) -> Option<&str> {
        let own = self.options.bot_id();
        self.chats.get(&chat)?.members.get(&own).map(String::as_str)
    }
}

/// A `ChatMember` of this status with the fields that kind must have. `restricted-out`: restricted and no
/// longer in the chat.
pub(crate) fn member_json(status: &str, user: Value) -> Value {
    let out = status == "restricted-out";
    let status = if out { "restricted" } else { status };
    let mut member = json!({ "status": status, "user": user });
    let Some(map) = member.as_object_mut() else { return member };
    match status {
        "creator" => {
            map.insert("is_anonymous".to_owned(), json!(false));
        }
        "kicked" => {
            map.insert("until_date".to_owned(), json!(0));
        }
        "restricted" => {
            map.insert("is_member".to_owned(), json!(!out));
            map.insert("until_date".to_owned(), json!(0));
            for right in RIGHTS {
                map.insert((*right).to_owned(), json!(true));
            }
        }
        "administrator" => {
            map.insert("can_be_edited".to_owned(), json!(false));
            map.insert("is_anonymous".to_owned(), json!(false));
            for right in ADMIN_RIGHTS {
                map.insert((*right).to_owned(), json!(false));
            }
        }
        _ => {}
    }
    member
}

const RIGHTS: &[&str] = &[
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_react_to_messages",
    "can_edit_tag",
];

const ADMIN_RIGHTS: &[&str] = &[
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
];
