### What the bot says in English, which stands in for what another language lacks.
###
### A value in braces is put in by the code. A key that ends in -button, -notice or the like is held to Telegram's limit for
### its place by a test. `.aliases` are other names of a command, in no menu; all languages' work for everybody.

# As its speakers call it, on a button.
language-name = English
# In English, for the prompts of models.
language-for-models = English

## The commands: their lines in /help and in Telegram's menu

command-start = Begin, or see how it works
command-help = The commands, one line each
command-status = Your conversation, your messages and the tutor
command-history = Our conversation so far
command-feedback = The last coaching again
command-progress = Your last four weeks, as a picture
command-intonation = How your last voice message sounded
command-practice = Practise your cards aloud
command-cards = Your cards: see, change, take along
command-card = Keep a phrase as a card
command-coach = In reply to a voice message: coaching on it
command-new = Start a fresh conversation
    .aliases = reset
command-language = The language I speak to you in
command-level = How well you speak English
command-persona = Who I am when you write to me
command-models = The models that can answer you
command-switch = Choose the model that answers you
command-settings = What you have chosen, and how to change it
    .aliases = preferences
command-remind = A daily reminder to practise, at a time of your choice
    .aliases = remindme
command-export = Everything I hold about you, as files
command-delete = Delete everything I hold about you
command-subscribe = The channel to join, and how
command-admin = Counts, health and queue

## The first minute

# What Telegram shows in the empty chat: 512 characters at most.
bot-description =
    I am an English tutor you talk to. Send me a voice message in English and you get back what I understood, tips on your pronunciation and grammar, and a spoken reply, so that the conversation goes on.

    Press Start and say something: there is nothing to set up.
# What Telegram shows on the profile: 120 characters at most.
bot-about = Practise speaking English: send a voice message, get tips and a spoken reply.
welcome = Welcome to PhonicFlow!
welcome-how = Send me a voice message in English: you get back what I understood, tips and a spoken reply. 🎙
welcome-how-or-write = Send me a voice message in English, or write to me: you get back what I understood, tips and a reply. 🎙
welcome-next = No idea what to say? Tap “First task”. /help shows what else I can do.
welcome-kept = I keep our conversations and your settings so that we can go on from there; /delete removes all of it.
first-task-button = 🎯 First task
another-task-button = 🎯 Another task
first-task-yesterday = Tell me what you did yesterday.
first-task-yourself = Introduce yourself: your name, where you live, what you like.
first-task-room = Describe the room you are in.
first-task-meal = Tell me about a meal you love.
first-task-plans = Tell me what you plan for the weekend.
first-task-hold = Hold the microphone, speak English, let go.
language-menu = Which language shall I speak to you in? We practise English in any case.

## Who may use the bot, and how to get in

not-allowed = This tutor is private.
not-allowed-send-id = To be let in, send this number to the person who runs it:
not-allowed-ask-in-private = Write to me in a private chat to see how to be let in.
members-only-of = This is for members of
members-only = This is for members of a private channel.
members-only-join = Join it, then press “I have joined” and send me your voice message.
members-only-invitation = Ask the person who runs me for an invitation, then press “I have joined”.
members-hint = Practice is for members of a channel: /subscribe shows the way in.
no-channel = There is no channel to join: just send me a voice message in English. 🎙
refused-try-later = Telegram does not tell me at the moment whether you are in the channel. Please try again in a minute.
refused-hidden = I cannot see who is in the channel: something is set up wrong here, and the person who runs me is told. Please try again later.
refused-not-allowed-notice = This tutor is private: write to me in a private chat.
refused-not-member-notice = This is for members of the channel: /subscribe shows the way in.
refused-try-later-notice = Telegram does not tell me at the moment. Please try again in a minute.
refused-hidden-notice = I cannot see who is in the channel. Please try again later.
join-button = Open the channel
joined-button = I have joined
joined = You are in. Send me a voice message in English! 🎙
joined-notice = Welcome!
not-joined-notice = I don't see you in the channel yet. Join it, then press again.

## /admin

admin-in-private = I show that in a private chat only: please write /admin to me there.
admin-up = Up for { $age }
admin-last-poll = Last poll: { $age } ago
admin-no-poll = Last poll: none yet
admin-tutor-failing = Tutor: there, but cannot answer for { $age }
admin-tutor-answers = Tutor: answering for { $age }
admin-tutor-silent = Tutor: stopped answering { $age } ago
admin-tutor-unknown = Tutor: not asked since the start
admin-members-hidden = Channel: Telegram does not tell who is in it
admin-turns = Turns since the start: { $count }
admin-inbox = Inbox: { $inbox }, at work: { $working }, being delivered: { $delivering }
admin-waiting = Waiting, { $why }: { $count }, the oldest for { $age }
admin-dead-letters = Dead letters: { $count }
wait-tutor-down = tutor does not answer
wait-tutor-failing = the tutor cannot answer
wait-tutor-uncertain = looking for the tutor's answer
wait-recogniser-down = speech recogniser does not answer
wait-model-down = chat model does not answer
wait-telegram-down = Telegram does not answer
wait-paced = Telegram asked to wait
wait-global-rate = limit on all learners
wait-fault = a fault that may pass
dead-tutor-down = the tutor did not answer
dead-answer-lost = the tutor's answer was lost
dead-telegram-down = Telegram did not answer
dead-fault = a fault of the bot
dead-restored = open when the store was restored
dead-ended-daemon = the bot ended twice while working on it
dead-send-refused = Telegram refuses the answer
dead-send-unknown = sent, but Telegram never said whether it arrived
dead-voice-failed = the tutor failed on this one and on no other
dead-tutor-refused = the tutor refuses what we send
dead-model-down = the chat model did not answer
dead-model-refused = the chat model does not take the message
dead-other = other

## What admins are told unasked

alert-since = { $age } ago
alert-tutor-down = ⚠️ The tutor stopped answering{ $since }. Messages in the queue: { $waiting }. They are kept and answered when it is back. /admin shows more.
alert-tutor-part-down = ⚠️ A part of the tutor does not answer{ $since }: { $parts }. Messages in the queue: { $waiting }. They are kept and answered when it is back. `sudo phonicflow-bot doctor` asks each server.
alert-tutor-failing = ⚠️ The tutor cannot answer: it is there, but every turn fails, mostly since its language model is dead. Messages in the queue: { $waiting }. They are kept. `sudo phonicflow-bot doctor` asks the tutor how it is.
alert-tutor-back = ✅ The tutor answers again. Messages in the queue: { $waiting }.
alert-model-down = ⚠️ The chat model stopped answering{ $since }. Messages in the queue: { $waiting }. Texts are kept and answered when it is back. `sudo phonicflow-bot doctor` asks each model server.
alert-model-back = ✅ The chat model answers again. Messages in the queue: { $waiting }.
alert-dead-letters =
    ⚠️ Messages given up: { $new } new, { $all } in all.{ $reasons }
    They are kept: on the machine `sudo phonicflow-bot queue list` shows them and `sudo phonicflow-bot queue retry N` puts one back.
alert-restored = ⚠️ The store was damaged and was restored from its export of { $moment }. What was said after that is missing. The damaged one was moved aside; the log says where.
alert-restored-empty = ⚠️ The store was damaged and there was no good export: it began empty, without sessions, history and queue. The damaged one was moved aside; the log says where.
alert-members-hidden = ⚠️ Telegram does not tell me who is in REQUIRED_CHANNEL. Check its name, and make me an administrator of it. Until then only those may practise whom I know to be members.

## What is chosen by buttons: level, persona, model

level-beginner-button = Beginner (A1–A2)
level-intermediate-button = Intermediate (B1–B2)
level-advanced-button = Advanced (C1–C2)
level-menu = How well do you speak English?
level-chosen = Your level:
persona-menu = Who shall I be when you write to me? Now:
model-menu = Who answers when you write
model-menu-page = (page { $page } of { $pages })
model-menu-nobody = nobody yet
model-menu-not-there = It is not there at the moment, so another one answers you.
no-such-model = I know no model
no-such-model-choose = . Choose one of these:
models-out-of-reach-notice = I cannot look up the models at the moment. Please try again later.
model-gone-notice = That model is no longer there.
chosen-already-notice = That is your choice already.
no-chat-model = Here we talk by voice, so there is nothing to choose: just send me a voice message. 🎙

## Pictures and documents that cannot be looked at

picture-too-large = This picture is too large: I look at pictures of up to 10 MB. Send it as a photo, then it is smaller.
picture-unknown = I can't open this picture. Please send it as a photo, or as jpg, png, webp or gif.
document-too-large = This document is too large: I read up to 1 MB. Please send the part you want to talk about.
document-unsupported = I can't read this kind of file. I read txt, md, pdf and docx, and I listen to voice messages and audio files.
document-empty = I found no text in this document; perhaps it is a scan. Please send its words as txt, md, pdf or docx, or in a message.
document-locked = This document is locked by a password. Please send it without one.
document-broken = I can't read this document; it may be damaged. Please send it again, or its words as txt, md, pdf or docx.

## The conversation

help = Send me a voice message in English and I will coach you.
unknown-command-near = I don't know /{ $name }. Did you mean /{ $near }? /help shows all commands.
unknown-command = I don't know /{ $name }. /help shows all commands.
voice-only = Thanks for writing! I listen to voice messages: hold the microphone, speak English and send it. 🎙
other-sticker = Nice one! But I can only listen: send me a voice message in English. 🎙
other-picture = I can't see pictures, but I would love to hear about this one: describe it in a voice message. 🎙
other-location = I can't read maps. Tell me about this place in a voice message! 🎙
other-document = I can't open this file. Send me a voice message, or an audio file such as ogg, mp3, m4a, flac or wav. 🎙
other-unknown = I can only listen: send me a voice message in English. 🎙
other-sticker-or-write = Nice one! Send me a voice message in English, or write to me. 🎙
other-unknown-or-write = I can’t do anything with this one: send me a voice message in English, or write to me. 🎙
rate-limited = That was a lot at once! Please wait { $seconds } s before the next message; the ones sent meanwhile are not answered.
crowded = Many of your messages are waiting already, so I have not taken this one. Once they are answered, please send it again.
later = The tutor takes longer than usual. Your message is safe: the answer will come here by itself.
given-up = I'm sorry: the tutor could not be reached for too long, so this message stays without an answer. Please send it again later.
dropped = I'm sorry: the person who runs this bot has taken this message out, so it stays without an answer. You are welcome to send it again.
stumbled = I'm sorry: I stumble over this message again and again, so it stays without an answer. The fault is mine. Please try another one.
you-said = 🎧 You said
coaching = 📝 Coaching
nothing-yet = Nothing here yet: send me a voice message in English and we begin. 🎙
coach-what = Reply to a voice message with /coach, and I will coach you on it. 🎧
fresh-waits = A fresh conversation. What you sent and is not answered yet will be answered in it.
fresh-first = A fresh conversation: send me a voice message. 🎙
fresh = A fresh conversation. The last one (messages: { $turns }) is put away. Send me a voice message. 🎙
delete-yes-button = Delete everything
delete-no-button = Keep it
kept = Nothing was deleted.
not-yours-notice = This button is for somebody else.
outdated-notice = This button is out of date.
history-heading = Our conversation, page { $page } of { $pages }
older-button = « Older
newer-button = Newer »

## Recordings that cannot be answered

too-large = This file is too large: I take up to { $megabytes } MB. Please send a shorter one.
too-long = This recording is too long: I take up to { $length }. Please say it in a shorter one.
length-minutes =
    { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }
length-seconds =
    { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    }
no-audio = There is no sound in this file. Please record your message again.
not-audio = I can't read this as audio; it may be damaged. Please record your message again, or send ogg, mp3, m4a, flac or wav.
cut-audio = The end of this file is missing, and I can't play it without. Please send it again.
unsupported = I don't know this audio format{ $format }. Please send a voice message, or an ogg, mp3, m4a, flac or wav file.
costly-audio = I gave up on this file: reading it takes far more than any recording should. Please record your message again.
file-gone = Telegram could not give me this recording. Please send it again.
files-out-of-reach = I cannot open recordings at the moment: something is set up wrong here. Whoever runs this bot has to mend it.
empty-answer = The tutor heard your message but could not answer this one. Please try once more.

## /status

status = Your practice
status-conversation = Conversation: begun { $age } ago, messages: { $turns }
status-no-conversation = Conversation: none yet, your next voice message opens one
status-nothing-waits = None of your messages is waiting
status-next = Your messages in line: { $own }, the first is being worked on or comes next
status-place = Your messages in line: { $own }, place { $place }
status-about = The answer will take { $about }
status-tutor-unknown = Tutor: not asked since the start
status-tutor-answers = Tutor: reachable
status-tutor-failing = Tutor: cannot answer at the moment, messages wait
status-tutor-silent = Tutor: not reachable at the moment, messages wait
status-rate = Rate limit: { $left } of { $limit } messages left this minute
status-no-rate = Rate limit: none
status-level = Level: { $level }
status-persona = When you write, I am: { $persona }
status-model = Model of your choice:
under-a-minute = less than a minute

## When the tutor could not answer; /delete

no-speech = I could not hear any speech in this message. Please try again, a little closer to the microphone.
voice-failed = I'm sorry: the tutor could not answer this message. Perhaps there was no speech to hear in it. Please say it once more.
tutor-refused = I'm sorry: the tutor does not take what I send it, so this message stays without an answer. It is not your fault: whoever runs this bot has to mend it.
delete-ask = Delete everything I hold about you: conversations, coaching, settings and waiting messages, here and at the tutor? Only the tutor's last spoken answer stays on its disk: it has no way to remove that. This cannot be undone.
delete-ask-here = Delete everything I hold about you: conversations, coaching, settings and waiting messages? This cannot be undone.
deleted-here = Done: everything I held about you is deleted. If you write again, we start from nothing.
deleted = Done: everything I held about you is deleted here, and the tutor is told to forget our conversations. Its last spoken answer may stay on its disk until it is overwritten. If you write again, we start from nothing.
database-keeps = What was deleted may stay for a while in copies that I cannot reach: ask whoever runs me.

## Waiting longer than usual

expect-next = ⏳ I'm listening to your message; the answer will take { $about }.
expect-next-unknown = ⏳ I'm still busy with your message; it takes a little longer this time.
ordinal =
    { NUMBER($place, type: "ordinal") ->
        [one] { $place }st
        [two] { $place }nd
        [few] { $place }rd
       *[other] { $place }th
    }
expect-place = ⏳ Your message is the { $place } in line; the answer will take { $about }.
expect-place-unknown = ⏳ Your message is the { $place } in line; the answer takes a little longer this time.
about-seconds = about { $seconds } seconds
about-minutes =
    { $minutes ->
        [one] about a minute
       *[other] about { $minutes } minutes
    }

## Written conversation

tokens-used-up = We have written a lot today! I can write again at 00:00 UTC, in { $left }. Voice messages are welcome any time. 🎙
too-much-for-the-model = That is too much for me at once. Please send it in shorter parts.
model-refused = I'm sorry: I can't answer this message. Try other words, or send a voice message. 🎙
model-is-blind = I can't look at pictures here. Tell me in words what it shows, or send a voice message. 🎙
model-gone = The model { $gone } is no longer there: { $instead } answered in its place.
stop-button = ⏹ Stop
over-already-notice = This answer has ended already.

## Files that the bot makes

not-made = I couldn't make this just now. Please ask me again in a little while.
not-taken = This chat doesn't let me send files like this one. Ask me in our private chat.

## Pictures, and slower speech

date-short =
    { $month ->
        [1] { $day } Jan
        [2] { $day } Feb
        [3] { $day } Mar
        [4] { $day } Apr
        [5] { $day } May
        [6] { $day } Jun
        [7] { $day } Jul
        [8] { $day } Aug
        [9] { $day } Sep
        [10] { $day } Oct
        [11] { $day } Nov
       *[12] { $day } Dec
    }
kind-grammar = grammar
kind-word-choice = word choice
kind-pronunciation = pronunciation
kind-fluency = fluency
progress-title = Your last four weeks
progress-minutes-a-day = Minutes spoken a day
progress-legend-goal-met = goal met
progress-legend-spoken = spoken
progress-goal-line = goal: { $minutes } min
progress-today = today
progress-nothing-spoken = Nothing spoken in these four weeks yet. Your first voice message draws the first bar.
progress-one-day = One day so far. Each day you speak adds a bar.
progress-corrections = Corrections per 100 words
progress-nothing-corrected = No words counted yet.
progress-week-from = from { $date }
progress-attendance = Attendance
progress-days-in-a-row =
    { $days ->
        [one] day in a row
       *[other] days in a row
    }
progress-days-spoken = spoke on { $spoken } of { $days } days
progress-days-goal-met = goal met on { $met } of { $days } days
progress-cards = Cards
progress-no-cards = None kept yet.
progress-cards-due = due
progress-cards-learnt = learnt
progress-cards-all = in all
progress-caption-spoken = Spoken: { $minutes } min
progress-caption-attendance = Attendance: { $spoken } of { $days } days; in a row: { $streak }
progress-caption-goal = Goal of { $minutes } min a day: days met: { $met }
progress-caption-corrections = Corrections per 100 words: { $rate }
progress-caption-weeks = Week by week: { $rates }
progress-caption-cards = Cards: { $due } due, { $learnt } learnt, { $all } in all
intonation-title = How it sounded
intonation-pitch = Pitch in semitones above and below each speaker's own middle
intonation-you = you
intonation-tutor = the tutor
intonation-no-voice = no voice to compare with
intonation-no-pitch = No pitch found here: the voice was too quiet, whispered, or lost in noise.
intonation-seconds = seconds
intonation-caption-range = { $name }: { $seconds } s, a range of { $semitones } semitones
intonation-caption-no-pitch = { $name }: { $seconds } s, no pitch found
intonation-caption-meaning = The melody of a voice is no grade: compare where it rises and falls.
intonation-none = I keep the melody of the last few voice messages only, and there is none of this one. Send me a voice message and ask again. 🎙
slower-none = I no longer have this reply as a voice message. Send me a voice message and try it with my next reply. 🎙
slower-button = 🐢 Slower
intonation-button = 🎵 How it sounded
## Under an answer

underlined = Underlined: words I was not sure I heard right.
corrections = ✏️ Say it better
decimal = { $whole }.{ $tenth }
fluency-rate = 📊 As a rough guide: { $rate } words a minute
fluency-pauses = { $pauses } % pauses (the longest { $longest } s)
fluency-fillers = “um” and “uh”: { $fillers }
translate-button = 🌐 Translate
hear-coaching-button = 🔊 Hear the tips
corrections-button = ✏️ Corrections
cannot-draw-notice = I can't list the corrections right now. Try again in a little while.
nothing-to-correct-notice = Nothing to correct here. Well done!
pressed-already-notice = It is on its way already.
cannot-translate-notice = I can't translate this right now. Try again in a little while.
coaching-not-spoken = I can't say these tips aloud any more, but you can still read them above.

## Cards and practising them aloud

practice-you-said = You said:
practice-say-right = How is it said right? Say it in a voice message. 🎙
practice-cue = Say this phrase in a voice message; here are its first letters: 🎙
practice-aloud = Say this aloud in a voice message: 🎙
practice-left =
    { $left ->
        [one] { $left } card left today
       *[other] { $left } cards left today
    }
practice-all-done = That is all for today, well done! ✅
practice-new-later =
    { $count ->
        [one] { $count } new card waits for tomorrow.
       *[other] { $count } new cards wait for tomorrow.
    }
practice-new-a-day =
    { $count ->
        [one] From now on one new card a day.
       *[other] From now on up to { $count } new cards a day.
    }
practice-how = /practice brings the cards that are due. /practice and a number up to { $most } sets how many new cards a day may bring.
practice-no-cards = You have no cards yet. Tap “Keep” under an answer with corrections, or send /card and a phrase that you want to be able to say.
practice-gone = That card is no longer there. /practice brings the next one.
practice-stopped = Practice is over: your voice messages are conversation again. 💬
practice-show-button = 🙈 I don't know
practice-next-button = Next ▶
practice-stop-button = ⏹ Stop
practice-said-button = 🙋 I did say it
practice-again-button = Again
practice-hard-button = Hard
practice-good-button = Good
practice-easy-button = Easy
practice-again = 🔁 Not yet
practice-hard = 🟡 Nearly
practice-good = ✅ Good
practice-easy = 🌟 Without thinking
practice-due-in =
    { $days ->
        [one] again tomorrow
       *[other] again in { $days } days
    }
practice-words-heard = ✅ I heard it.
practice-words-missed = 🔁 Not yet: say it once more.
practice-missed = In bold: what I did not hear.
practice-heard = 🎧 I heard:
practice-sound = I heard “{ $heard }” for “{ $wanted }”: /{ $heard_sound }/ instead of /{ $wanted_sound }/, as said in American English.
card-kept = Kept as a card:
card-there = You have this card already:
card-kept-how = /practice brings it back when it is time.
card-changed = Now it says:
card-how = Send /card and a phrase that you want to be able to say, for example: /card I am looking forward to it. You can also reply to a message with /card, or forward one to me.
card-too-long = That is too much for a card. A phrase of up to { $most } characters is easier to say.
card-no-words = There are no words to say in that. Send /card and a phrase.
card-missing = You have no card { $number }. /cards shows those you have.
cards-full = You have as many cards as I can keep. /cards removes some.
keep-button = 🗂 Keep “{ $phrase }”
keep-all-button = 🗂 Keep all
kept-notice =
    { $count ->
        [one] Kept as a card. /practice brings it back.
       *[other] Kept as { $count } cards. /practice brings them back.
    }
kept-already-notice = It is a card already. /practice brings it back.
cards-heading =
    { $cards ->
        [one] { $cards } card
       *[other] { $cards } cards
    }
cards-learnt = { $count } learnt
cards-page = page { $page } of { $pages }
card-due-now = due now
card-due-in =
    { $days ->
        [one] due tomorrow
       *[other] due in { $days } days
    }
card-paused = paused
card-change-how = To change it, send:
card-remove-button = 🗑 Remove
card-remove-yes-button = 🗑 Really remove
card-removed-notice = Removed.
card-pause-button = ⏸ Pause
card-resume-button = ▶ Bring it back
cards-back-button = ◀ All cards
cards-export-button = 📄 As a file for Anki
cards-sent-notice = The file is on its way.

## /settings

settings-title = Your settings
settings-on = on
settings-off = off
settings-unknown = not chosen yet
settings-language = Language
settings-level = Level
settings-translation = Translation
settings-voice = Spoken replies
settings-slower = Slower speech
settings-persona = When you write, I am
settings-goal = Daily goal
settings-reminder = Reminder
settings-zone = Time zone
settings-zone-now = { $place }, { $time } there now
settings-in-private = Settings are between you and me: send me /settings in our private chat. 🙂
settings-button = « All settings
settings-language-button = 🌐 Language
settings-translation-button = 🔤 Translation
settings-level-button = 🎚 Level
settings-voice-on-button = 🔊 Speak replies
settings-voice-off-button = 🔇 Don't speak replies
settings-slower-on-button = 🐢 Speak slower
settings-slower-off-button = 🐇 Normal speed
settings-persona-button = 🎭 Who I am
settings-goal-button = 🎯 Daily goal
settings-reminder-button = ⏰ Reminder
settings-zone-button = 🕒 Time zone
translation-menu = When shall I translate my tips and replies for you?
translation-always-button = Always
translation-on-tap-button = On tap
translation-never-button = Never
goal-menu = How many minutes would you like to speak a day?
goal-button = { $minutes } min a day
goal-none-button = No goal
reminder-menu =
    When shall I remind you to practise? I stay silent on days when your goal is met.
    Any other time: /remind 19:45
no-reminder-button = 🔕 No reminder
reminder-is-off = 🔕 No reminder from now on. /remind 19:30 brings it back.
reminder-is-set = ⏰ I remind you daily at { $time } (time zone of { $place }).
reminder-is-set-utc = ⏰ I remind you daily at { $time } UTC, until I know your time zone.
remind-how = I don't understand that time. Write it like this: /remind 19:30, or /remind off.
zone-menu = Where are you? Your days and reminders follow your time zone.
zone-elsewhere-button = 🌍 Elsewhere
zone-ask-button = 📍 Type a city or share a location
region-africa-button = Africa
region-america-button = Americas
region-asia-button = Asia and the Middle East
region-europe-button = Europe
region-oceans-button = Australia and the oceans
zone-earlier-button = « Earlier
zone-later-button = Later »
zone-ask = Type the name of a city near you, or share your location with the button below. I keep the time zone only, not the place.
zone-asked-notice = Type a city, or use the button below.
zone-share-button = 📍 Share my location
zone-cancel-button = ✕ Never mind
zone-kept = All right, your time zone stays as it was.
zone-which = Which one do you mean?
zone-unknown = I don't know that place. Try a larger city near you.
zone-set = ✓ Your time zone is that of { $place }: it is { $time } there now.

## Conversations

new-conversation = 🌱 A new conversation: it has been a while. /history has the earlier ones.
history-conversation = Conversation of { $date }, answers: { $turns }

## What is kept of a learner, as files

export-in-private = That is between the two of us: ask me for it in our private chat.
export-to-read = Everything I hold about you, to read. Recordings are not kept.
export-for-machines = The same for other programs.
cards-for-anki = { $count ->
    [one] Your card, for Anki: File, Import.
   *[other] Your { $count } cards, for Anki: File, Import.
  }
no-cards-to-export = You have no cards yet.

## Reminders

reminder = ⏰ { $cards ->
    [0] Time to practise: send me a voice message about your day.
    [one] Time to practise: a card is due.
   *[other] Time to practise: { $cards } cards are due.
  }
reminder-practise-button = 🗣 Practise now
reminder-off-button = 🔕 No more reminders
reminders-are-off = 🔕 I won't remind you any more. /remind brings it back.
