### What the bot says in Spanish: neutral Latin American, tú, and warm. Never of turns, sessions or logs to a learner.

# As its speakers call it, on a button.
language-name = Español
# In English, for the prompts of models.
language-for-models = Latin American Spanish

## The commands: their lines in /help and in Telegram's menu

command-start = Empezar, o ver cómo funciona
    .aliases = empezar
command-help = Los comandos, uno por línea
    .aliases = ayuda
command-status = Tu conversación, tus mensajes y el tutor
    .aliases = estado
command-history = Nuestra conversación hasta aquí
    .aliases = historial
command-feedback = Los últimos consejos otra vez
    .aliases = consejos
command-progress = Tus últimas cuatro semanas, en imagen
    .aliases = progreso
command-intonation = Cómo sonó tu último mensaje de voz
    .aliases = entonacion
command-practice = Practicar tus tarjetas en voz alta
    .aliases = practicar
command-cards = Tus tarjetas: ver, cambiar, llevar
    .aliases = tarjetas
command-card = Guardar una frase como tarjeta
command-coach = En respuesta a un mensaje de voz: consejos sobre él
command-new = Empezar una conversación nueva
    .aliases = nuevo nueva
command-language = El idioma en que te hablo
    .aliases = lenguaje
command-level = Cuál es tu nivel de inglés
command-persona = Quién soy cuando me escribes
    .aliases = personaje
command-models = Los modelos que pueden responderte
command-switch = Elegir el modelo que te responde
    .aliases = cambiar
command-settings = Lo que has elegido, y cómo cambiarlo
    .aliases = configuracion
command-remind = Un recordatorio diario para practicar, a la hora que elijas
    .aliases = recordatorio recordar
command-export = Todo lo que guardo sobre ti, en archivos
    .aliases = archivos
command-delete = Borrar todo lo que guardo sobre ti
    .aliases = borrar
command-subscribe = En qué canal entrar y cómo
    .aliases = suscribir
command-admin = Números, estado y cola

## The first minute

# What Telegram shows in the empty chat: 512 characters at most.
bot-description =
    Soy un tutor de inglés con quien conversas. Envíame un mensaje de voz en inglés y recibe lo que entendí, consejos de pronunciación y gramática y una respuesta hablada, para que la conversación siga.

    Toca Iniciar y di algo: no hay nada que configurar.
# What Telegram shows on the profile: 120 characters at most.
bot-about = Practica inglés hablando: envía un mensaje de voz, recibe consejos y una respuesta hablada.
welcome = ¡Te damos la bienvenida a PhonicFlow!
welcome-how = Envíame un mensaje de voz en inglés: recibes lo que entendí, consejos y una respuesta hablada. 🎙
welcome-how-or-write = Envíame un mensaje de voz en inglés, o escríbeme: recibes lo que entendí, consejos y una respuesta. 🎙
welcome-next = ¿No sabes qué decir? Toca “Primera tarea”. /help muestra qué más puedo hacer.
welcome-kept = Guardo nuestras conversaciones y tus ajustes para seguir donde quedamos; /delete lo borra todo.
first-task-button = 🎯 Primera tarea
another-task-button = 🎯 Otra tarea
first-task-yesterday = Cuéntame qué hiciste ayer.
first-task-yourself = Preséntate: tu nombre, dónde vives, qué te gusta.
first-task-room = Describe el lugar donde estás.
first-task-meal = Cuéntame de una comida que te encanta.
first-task-plans = Cuéntame qué harás el fin de semana.
first-task-hold = Mantén presionado el micrófono, habla en inglés y suelta para enviar.
language-menu = ¿En qué idioma te hablo? El inglés lo practicamos de todos modos.

## Who may use the bot, and how to get in

not-allowed = Este tutor es privado.
not-allowed-send-id = Para tener acceso, envía este número a la persona a cargo del bot:
not-allowed-ask-in-private = Escríbeme por privado para ver cómo tener acceso.
members-only-of = Esto es solo para miembros de
members-only = Esto es solo para miembros de un canal privado.
members-only-join = Entra en él, toca “Ya entré” y envíame tu mensaje de voz.
members-only-invitation = Pide una invitación a la persona a cargo del bot y luego toca “Ya entré”.
members-hint = La práctica es para miembros de un canal: /subscribe muestra cómo entrar.
no-channel = No hace falta entrar en ningún canal: solo envíame un mensaje de voz en inglés. 🎙
refused-try-later = Ahora mismo no puedo ver si estás en el canal. Inténtalo de nuevo en un minuto, por favor.
refused-hidden = No puedo ver quién está en el canal: algo está mal configurado aquí y ya avisé a la persona a cargo del bot. Inténtalo más tarde, por favor.
refused-not-allowed-notice = Este tutor es privado: escríbeme por privado.
refused-not-member-notice = Esto es solo para miembros del canal: /subscribe muestra cómo entrar.
refused-try-later-notice = Ahora mismo no puedo verlo. Inténtalo de nuevo en un minuto, por favor.
refused-hidden-notice = No puedo ver quién está en el canal. Inténtalo más tarde, por favor.
join-button = Abrir el canal
joined-button = Ya entré
joined = ¡Listo, ya estás en el canal! ¡Envíame un mensaje de voz en inglés! 🎙
joined-notice = ¡Te doy la bienvenida!
not-joined-notice = Todavía no te veo en el canal. Entra en él y toca de nuevo.

## /admin

admin-in-private = Eso solo lo muestro por privado: envíame /admin por allí, por favor.
admin-up = Activo desde hace { $age }
admin-last-poll = Última consulta: hace { $age }
admin-no-poll = Última consulta: ninguna todavía
admin-tutor-failing = Tutor: activo, pero no puede responder desde hace { $age }
admin-tutor-answers = Tutor: responde desde hace { $age }
admin-tutor-silent = Tutor: dejó de responder hace { $age }
admin-tutor-unknown = Tutor: sin consultar desde el inicio
admin-members-hidden = Canal: Telegram no dice quién está en él
admin-turns = Mensajes respondidos desde el inicio: { $count }
admin-inbox = Entrada: { $inbox }, en proceso: { $working }, en entrega: { $delivering }
admin-waiting = En espera, { $why }: { $count }, el más antiguo desde hace { $age }
admin-dead-letters = Mensajes abandonados: { $count }
wait-tutor-down = el tutor no responde
wait-tutor-failing = el tutor no puede responder
wait-tutor-uncertain = buscando la respuesta del tutor
wait-recogniser-down = el reconocimiento de voz no responde
wait-model-down = el modelo de conversación no responde
wait-telegram-down = Telegram no responde
wait-paced = Telegram pidió esperar
wait-global-rate = límite de todos los alumnos
wait-fault = una falla que puede pasar
dead-tutor-down = el tutor no respondió
dead-answer-lost = la respuesta del tutor se perdió
dead-telegram-down = Telegram no respondió
dead-fault = una falla del bot
dead-restored = abiertos cuando se restauró la base de datos
dead-ended-daemon = el bot se cayó dos veces al procesarlo
dead-send-refused = Telegram rechaza la respuesta
dead-send-unknown = enviados, pero Telegram no dijo si llegaron
dead-voice-failed = el tutor falló solo en este mensaje
dead-tutor-refused = el tutor rechaza lo que enviamos
dead-model-down = el modelo de conversación no respondió
dead-model-refused = el modelo de conversación no acepta el mensaje
dead-other = otros

## What admins are told unasked

alert-since = hace { $age }
alert-tutor-down = ⚠️ El tutor dejó de responder{ $since }. Mensajes en la cola: { $waiting }. Se guardan y se responden cuando vuelva. /admin muestra más.
alert-tutor-part-down = ⚠️ Una parte del tutor no responde{ $since }: { $parts }. Mensajes en la cola: { $waiting }. Se guardan y se responden cuando vuelva. `sudo phonicflow-bot doctor` pregunta a cada servidor.
alert-tutor-failing = ⚠️ El tutor no puede responder: está activo, pero todos los mensajes fallan, casi siempre porque su modelo de lenguaje se detuvo. Mensajes en la cola: { $waiting }. Se guardan. `sudo phonicflow-bot doctor` le pregunta al tutor cómo está.
alert-tutor-back = ✅ El tutor volvió a responder. Mensajes en la cola: { $waiting }.
alert-model-down = ⚠️ El modelo de conversación dejó de responder{ $since }. Mensajes en la cola: { $waiting }. Los textos se guardan y se responden cuando vuelva; los mensajes de voz siguen. `sudo phonicflow-bot doctor` le pregunta a cada servidor.
alert-model-back = ✅ El modelo de conversación volvió a responder. Mensajes en la cola: { $waiting }.
alert-dead-letters =
    ⚠️ Mensajes abandonados: nuevos: { $new }, en total: { $all }.{ $reasons }
    Se guardan: en la máquina, `sudo phonicflow-bot queue list` los muestra y `sudo phonicflow-bot queue retry N` devuelve uno a la cola.
alert-restored = ⚠️ La base de datos se dañó y se restauró de la copia de { $moment }. Falta lo que se dijo después. La dañada quedó aparte; el registro dice dónde.
alert-restored-empty = ⚠️ La base de datos se dañó y no había una copia buena: empezó vacía, sin sesiones, historial ni cola. La dañada quedó aparte; el registro dice dónde.
alert-members-hidden = ⚠️ Telegram no me dice quién está en REQUIRED_CHANNEL. Revisa el nombre y agrégame como administrador del canal. Hasta entonces solo practican quienes ya sé que son miembros.

## What is chosen by buttons: level, persona, model

level-beginner-button = Principiante (A1–A2)
level-intermediate-button = Intermedio (B1–B2)
level-advanced-button = Avanzado (C1–C2)
level-menu = ¿Cómo es tu inglés?
level-chosen = Tu nivel:
persona-menu = ¿Quién quieres que sea cuando me escribes? Ahora:
model-menu = Quién responde cuando escribes
model-menu-page = (página { $page } de { $pages })
model-menu-nobody = nadie todavía
model-menu-not-there = No está disponible en este momento, así que te responde otro.
no-such-model = No conozco ningún modelo
no-such-model-choose = . Elige uno de estos:
models-out-of-reach-notice = No puedo consultar los modelos en este momento. Inténtalo más tarde, por favor.
model-gone-notice = Ese modelo ya no está disponible.
chosen-already-notice = Esa ya es tu elección.
no-chat-model = Aquí conversamos por voz, así que no hay nada que elegir: solo envíame un mensaje de voz. 🎙

## Pictures and documents that cannot be looked at

picture-too-large = Esta imagen es demasiado grande: miro imágenes de hasta 10 MB. Envíala como foto, así pesa menos.
picture-unknown = No puedo abrir esta imagen. Envíala como foto, o en jpg, png, webp o gif, por favor.
document-too-large = Este documento es demasiado grande: leo hasta 1 MB. Envía solo la parte de la que quieres hablar, por favor.
document-unsupported = No puedo leer este tipo de archivo. Leo txt, md, pdf y docx, y escucho mensajes de voz y audios.
document-empty = No encontré texto en este documento; quizás está escaneado. Envía las palabras en txt, md, pdf o docx, o en un mensaje.
document-locked = Este documento está protegido con contraseña. Envíalo sin ella, por favor.
document-broken = No puedo leer este documento; puede estar dañado. Envíalo de nuevo, o el texto en txt, md, pdf o docx.

## The conversation

help = Envíame un mensaje de voz en inglés y te doy consejos.
unknown-command-near = No conozco /{ $name }. ¿Quisiste decir /{ $near }? /help muestra todos los comandos.
unknown-command = No conozco /{ $name }. /help muestra todos los comandos.
voice-only = ¡Gracias por escribir! Yo escucho mensajes de voz: mantén presionado el micrófono, habla en inglés y suelta para enviar. 🎙
other-sticker = ¡Qué bueno! Pero yo solo sé escuchar: envíame un mensaje de voz en inglés. 🎙
other-picture = No puedo ver imágenes, pero quiero saber de esta: descríbela en inglés en un mensaje de voz. 🎙
other-location = No sé leer mapas. ¡Cuéntame de este lugar en inglés en un mensaje de voz! 🎙
other-document = No puedo abrir este archivo. Envíame un mensaje de voz o un audio ogg, mp3, m4a, flac o wav. 🎙
other-unknown = Yo solo sé escuchar: envíame un mensaje de voz en inglés. 🎙
other-sticker-or-write = ¡Qué bueno! Envíame un mensaje de voz en inglés, o escríbeme. 🎙
other-unknown-or-write = Con esto no puedo hacer nada: envíame un mensaje de voz en inglés, o escríbeme. 🎙
rate-limited = ¡Fueron muchos de una vez! Espera { $seconds } s antes del próximo mensaje; los que envíes hasta entonces quedan sin respuesta.
crowded = Ya hay muchos mensajes tuyos esperando, así que no tomé este. Cuando estén respondidos, envíalo de nuevo, por favor.
later = El tutor está tardando más de lo normal. Tu mensaje está guardado: la respuesta llega aquí sola.
given-up = Lo siento: el tutor no estuvo disponible por demasiado tiempo y este mensaje quedó sin respuesta. Envíalo de nuevo más tarde, por favor.
dropped = Lo siento: la persona a cargo del bot retiró este mensaje y quedó sin respuesta. Si quieres, envíalo de nuevo.
stumbled = Lo siento: tropiezo con este mensaje una y otra vez, así que quedó sin respuesta. La culpa es mía. Prueba con otro, por favor.
you-said = 🎧 Dijiste
coaching = 📝 Consejos
nothing-yet = Todavía no hay nada aquí: envíame un mensaje de voz en inglés y empezamos. 🎙
coach-what = Responde a un mensaje de voz con /coach y te doy consejos sobre él. 🎧
fresh-waits = Conversación nueva. Lo que enviaste y aún no tiene respuesta se responderá en ella.
fresh-first = Conversación nueva: envíame un mensaje de voz. 🎙
fresh = Conversación nueva. La anterior (mensajes: { $turns }) quedó archivada. Envíame un mensaje de voz. 🎙
delete-yes-button = Borrar todo
delete-no-button = Conservar
kept = No se borró nada.
not-yours-notice = Este botón es para otra persona.
outdated-notice = Este botón ya no sirve.
history-heading = Nuestra conversación, página { $page } de { $pages }
older-button = « Anteriores
newer-button = Siguientes »

## Recordings that cannot be answered

too-large = Este archivo es demasiado grande: acepto hasta { $megabytes } MB. Envía uno más corto, por favor.
too-long = Esta grabación es demasiado larga: acepto hasta { $length }. Envía una más corta, por favor.
length-minutes =
    { $minutes ->
        [one] { $minutes } minuto
       *[other] { $minutes } minutos
    }
length-seconds =
    { $seconds ->
        [one] { $seconds } segundo
       *[other] { $seconds } segundos
    }
no-audio = No hay sonido en este archivo. Graba tu mensaje de nuevo, por favor.
not-audio = No puedo leer esto como audio; puede estar dañado. Grábalo de nuevo, o envía ogg, mp3, m4a, flac o wav.
cut-audio = Falta el final de este archivo y sin él no puedo escuchar nada. Envíalo de nuevo, por favor.
unsupported = No conozco este formato de audio{ $format }. Envía un mensaje de voz, o un archivo ogg, mp3, m4a, flac o wav.
costly-audio = Desistí de este archivo: leerlo cuesta mucho más que cualquier grabación. Graba tu mensaje de nuevo, por favor.
file-gone = Telegram no pudo entregarme esta grabación. Envíala de nuevo, por favor.
files-out-of-reach = En este momento no puedo abrir grabaciones: algo está mal configurado aquí. La persona a cargo del bot tiene que corregirlo.
empty-answer = El tutor escuchó tu mensaje, pero esta vez no pudo responder. Inténtalo una vez más, por favor.

## /status

status = Tu práctica
status-conversation = Conversación: abierta desde hace { $age }, mensajes: { $turns }
status-no-conversation = Conversación: ninguna todavía, tu próximo mensaje de voz abre una
status-nothing-waits = Ningún mensaje tuyo en la cola
status-next = Mensajes tuyos en la cola: { $own }, el primero está en proceso o es el siguiente
status-place = Mensajes tuyos en la cola: { $own }, lugar { $place }
status-about = La respuesta tardará { $about }
status-tutor-unknown = Tutor: aún sin consultar
status-tutor-answers = Tutor: disponible
status-tutor-failing = Tutor: no puede responder en este momento, los mensajes esperan
status-tutor-silent = Tutor: no disponible en este momento, los mensajes esperan
status-rate = Límite: quedan { $left } de { $limit } mensajes en este minuto
status-no-rate = Límite: ninguno
status-level = Nivel: { $level }
status-persona = Cuando escribes, yo soy: { $persona }
status-model = Modelo que elegiste:
under-a-minute = menos de un minuto

## When the tutor could not answer; /delete

no-speech = No pude escuchar ninguna voz en este mensaje. Inténtalo de nuevo, un poco más cerca del micrófono.
voice-failed = Lo siento: el tutor no pudo responder a este mensaje. Quizás no se alcanzaba a oír la voz. Grábalo una vez más, por favor.
tutor-refused = Lo siento: el tutor no acepta lo que le envío y este mensaje quedó sin respuesta. No es culpa tuya: la persona a cargo del bot tiene que corregirlo.
delete-ask = ¿Borrar todo lo que guardo sobre ti: conversaciones, consejos, ajustes y mensajes en espera, aquí y en el tutor? Solo la última respuesta hablada queda en el disco del tutor, que no tiene cómo borrarla. No se puede deshacer.
delete-ask-here = ¿Borrar todo lo que guardo sobre ti: conversaciones, consejos, ajustes y mensajes en espera? No se puede deshacer.
deleted-here = Listo: todo lo que guardaba sobre ti está borrado. Si escribes de nuevo, empezamos desde cero.
deleted = Listo: todo lo que guardaba sobre ti quedó borrado aquí, y el tutor olvidará nuestras conversaciones. Su última respuesta hablada puede quedar en su disco hasta que otra la reemplace. Si vuelves a escribir, empezamos de cero.
database-keeps = Lo borrado puede quedar un tiempo en copias a las que no llego: pregunta a quien me mantiene.

## Waiting longer than usual

expect-next = ⏳ Estoy escuchando tu mensaje; la respuesta tarda { $about }.
expect-next-unknown = ⏳ Sigo con tu mensaje; esta vez tarda un poco más.
ordinal = { $place }.°
expect-place = ⏳ Tu mensaje es el { $place } en la fila; la respuesta tarda { $about }.
expect-place-unknown = ⏳ Tu mensaje es el { $place } en la fila; esta vez la respuesta tarda un poco más.
about-seconds = unos { $seconds } segundos
about-minutes =
    { $minutes ->
        [one] alrededor de un minuto
       *[other] unos { $minutes } minutos
    }

## Written conversation

tokens-used-up = ¡Hoy escribimos bastante! Puedo volver a escribir a las 00:00 UTC, dentro de { $left }. Los mensajes de voz son siempre bienvenidos. 🎙
too-much-for-the-model = Eso es demasiado para mí de una sola vez. Envíalo en partes más cortas, por favor.
model-refused = Lo siento: no puedo responder a este mensaje. Prueba con otras palabras, o envía un mensaje de voz. 🎙
model-is-blind = Aquí no puedo ver imágenes. Cuéntame con palabras qué muestra, o envía un mensaje de voz. 🎙
model-gone = El modelo { $gone } ya no existe: { $instead } respondió en su lugar.
stop-button = ⏹ Detener
over-already-notice = Esta respuesta ya terminó.

## Files that the bot makes

not-made = No pude prepararlo ahora. Pídemelo de nuevo en un ratito, por favor.
not-taken = Este chat no me deja enviar archivos como este. Pídemelo en nuestro chat privado.

## Las imágenes, y el habla más lenta

date-short =
    { $month ->
        [1] { $day } ene
        [2] { $day } feb
        [3] { $day } mar
        [4] { $day } abr
        [5] { $day } may
        [6] { $day } jun
        [7] { $day } jul
        [8] { $day } ago
        [9] { $day } sep
        [10] { $day } oct
        [11] { $day } nov
       *[12] { $day } dic
    }
kind-grammar = gramática
kind-word-choice = elección de palabras
kind-pronunciation = pronunciación
kind-fluency = fluidez
progress-title = Tus últimas cuatro semanas
progress-minutes-a-day = Minutos hablados al día
progress-legend-goal-met = meta cumplida
progress-legend-spoken = hablado
progress-goal-line = meta: { $minutes } min
progress-today = hoy
progress-nothing-spoken = Todavía no hay nada hablado en estas cuatro semanas. Tu primer mensaje de voz dibuja la primera barra.
progress-one-day = Un día hasta ahora. Cada día que hablas añade una barra.
progress-corrections = Correcciones por cada 100 palabras
progress-nothing-corrected = Ninguna palabra contada todavía.
progress-week-from = desde { $date }
progress-attendance = Asistencia
progress-days-in-a-row =
    { $days ->
        [one] día seguido
       *[other] días seguidos
    }
progress-days-spoken = hablaste { $spoken } de { $days } días
progress-days-goal-met = meta cumplida { $met } de { $days } días
progress-cards = Tarjetas
progress-no-cards = Ninguna guardada todavía.
progress-cards-due = para hoy
progress-cards-learnt = aprendidas
progress-cards-all = en total
progress-caption-spoken = Hablado: { $minutes } min
progress-caption-attendance = Asistencia: { $spoken } de { $days } días; seguidos: { $streak }
progress-caption-goal = Meta de { $minutes } min al día: días cumplidos: { $met }
progress-caption-corrections = Correcciones por cada 100 palabras: { $rate }
progress-caption-weeks = Semana a semana: { $rates }
progress-caption-cards = Tarjetas: { $due } para hoy, { $learnt } aprendidas, { $all } en total
intonation-title = Cómo sonó
intonation-pitch = Altura de la voz en semitonos, por encima y por debajo del centro de cada persona
intonation-you = tú
intonation-tutor = el tutor
intonation-no-voice = ninguna voz con la que comparar
intonation-no-pitch = No encontré la altura de la voz aquí: era demasiado baja, susurrada o perdida en el ruido.
intonation-seconds = segundos
intonation-caption-range = { $name }: { $seconds } s, un rango de { $semitones } semitonos
intonation-caption-no-pitch = { $name }: { $seconds } s, altura no encontrada
intonation-caption-meaning = La melodía de la voz no es una nota: compara dónde sube y dónde baja.
intonation-none = Guardo solo la melodía de los últimos mensajes de voz, y de este no hay ninguna. Envíame un mensaje de voz y pídelo otra vez. 🎙
slower-none = Ya no tengo esta respuesta como mensaje de voz. Envíame un mensaje de voz y pruébalo con mi próxima respuesta. 🎙
slower-button = 🐢 Más despacio
intonation-button = 🎵 Cómo sonó
## Under an answer

underlined = Subrayado: palabras que no sé si oí bien.
corrections = ✏️ Dilo así
decimal = { $whole },{ $tenth }
fluency-rate = 📊 Una idea aproximada: { $rate } palabras por minuto
fluency-pauses = { $pauses } % de pausas (la más larga, { $longest } s)
fluency-fillers = “um” y “uh”: { $fillers }
translate-button = 🌐 Traducir
hear-coaching-button = 🔊 Oír los consejos
corrections-button = ✏️ Correcciones
cannot-draw-notice = Ahora no puedo listar las correcciones. Inténtalo de nuevo en un ratito.
nothing-to-correct-notice = Nada que corregir aquí. ¡Muy bien!
pressed-already-notice = Ya va en camino.
cannot-translate-notice = Ahora no puedo traducir esto. Inténtalo de nuevo en un ratito.
coaching-not-spoken = Ya no puedo decir estos consejos en voz alta, pero puedes leerlos arriba.

## Cards and practising them aloud

practice-you-said = Dijiste:
practice-say-right = ¿Cómo se dice bien? Dilo en un mensaje de voz. 🎙
practice-cue = Di esta frase en un mensaje de voz; aquí están sus primeras letras: 🎙
practice-aloud = Di esto en voz alta en un mensaje de voz: 🎙
practice-left =
    { $left ->
        [one] queda { $left } tarjeta hoy
       *[other] quedan { $left } tarjetas hoy
    }
practice-all-done = Eso es todo por hoy, ¡muy bien! ✅
practice-new-later =
    { $count ->
        [one] { $count } tarjeta nueva queda para mañana.
       *[other] { $count } tarjetas nuevas quedan para mañana.
    }
practice-new-a-day =
    { $count ->
        [one] Desde ahora una tarjeta nueva al día.
       *[other] Desde ahora hasta { $count } tarjetas nuevas al día.
    }
practice-how = /practice trae las tarjetas de hoy. /practice con un número hasta { $most } dice cuántas tarjetas nuevas vienen al día.
practice-no-cards = Todavía no tienes tarjetas. Toca “Guardar” debajo de una respuesta con correcciones, o envía /card y una frase que quieras saber decir.
practice-gone = Esa tarjeta ya no existe. /practice trae la siguiente.
practice-stopped = Fin de la práctica: tus mensajes de voz vuelven a ser conversación. 💬
practice-show-button = 🙈 No lo sé
practice-next-button = Siguiente ▶
practice-stop-button = ⏹ Parar
practice-said-button = 🙋 Sí lo dije
practice-again-button = Otra vez
practice-hard-button = Difícil
practice-good-button = Bien
practice-easy-button = Fácil
practice-again = 🔁 Todavía no
practice-hard = 🟡 Casi
practice-good = ✅ Bien
practice-easy = 🌟 Sin pensar
practice-due-in =
    { $days ->
        [one] otra vez mañana
       *[other] otra vez en { $days } días
    }
practice-words-heard = ✅ Lo oí.
practice-words-missed = 🔁 Todavía no: dilo una vez más.
practice-missed = En negrita: lo que no oí.
practice-heard = 🎧 Oí:
practice-sound = Oí “{ $heard }” en lugar de “{ $wanted }”: /{ $heard_sound }/ en vez de /{ $wanted_sound }/, como se dice en inglés americano.
card-kept = Guardada como tarjeta:
card-there = Ya tienes esta tarjeta:
card-kept-how = /practice la trae de vuelta cuando toca.
card-changed = Ahora dice:
card-how = Envía /card y una frase que quieras saber decir, por ejemplo: /card I am looking forward to it. También puedes responder a un mensaje con /card, o reenviarme uno.
card-too-long = Eso es demasiado para una tarjeta. Una frase de hasta { $most } letras es más fácil de decir.
card-no-words = Ahí no hay palabras que decir. Envía /card y una frase.
card-missing = No tienes la tarjeta { $number }. /cards muestra las que tienes.
cards-full = Ya tienes tantas tarjetas como puedo guardar. En /cards puedes quitar algunas.
keep-button = 🗂 Guardar “{ $phrase }”
keep-all-button = 🗂 Guardar todo
kept-notice =
    { $count ->
        [one] Guardada como tarjeta. /practice la trae de vuelta.
       *[other] Guardadas como { $count } tarjetas. /practice las trae de vuelta.
    }
kept-already-notice = Ya es una tarjeta. /practice la trae de vuelta.
cards-heading =
    { $cards ->
        [one] { $cards } tarjeta
       *[other] { $cards } tarjetas
    }
cards-learnt = aprendidas: { $count }
cards-page = página { $page } de { $pages }
card-due-now = para ahora
card-due-in =
    { $days ->
        [one] para mañana
       *[other] en { $days } días
    }
card-paused = en pausa
card-change-how = Para cambiarla, envía:
card-remove-button = 🗑 Quitar
card-remove-yes-button = 🗑 Quitar de verdad
card-removed-notice = Quitada.
card-pause-button = ⏸ Pausar
card-resume-button = ▶ Traer de vuelta
cards-back-button = ◀ Todas las tarjetas
cards-export-button = 📄 Archivo para Anki
cards-sent-notice = El archivo está en camino.

## /settings

settings-title = Tus ajustes
settings-on = sí
settings-off = no
settings-unknown = aún sin elegir
settings-language = Idioma
settings-level = Nivel
settings-translation = Traducción
settings-voice = Respuestas habladas
settings-slower = Habla más lenta
settings-persona = Cuando escribes, soy
settings-goal = Meta diaria
settings-reminder = Recordatorio
settings-zone = Zona horaria
settings-zone-now = { $place }, ahora son las { $time } allí
settings-in-private = Los ajustes quedan entre tú y yo: envíame /settings en nuestro chat privado. 🙂
settings-button = « Todos los ajustes
settings-language-button = 🌐 Idioma
settings-translation-button = 🔤 Traducción
settings-level-button = 🎚 Nivel
settings-voice-on-button = 🔊 Decir las respuestas
settings-voice-off-button = 🔇 No decir las respuestas
settings-slower-on-button = 🐢 Hablar más despacio
settings-slower-off-button = 🐇 Velocidad normal
settings-persona-button = 🎭 Quién soy
settings-goal-button = 🎯 Meta diaria
settings-reminder-button = ⏰ Recordatorio
settings-zone-button = 🕒 Zona horaria
translation-menu = ¿Cuándo quieres que traduzca mis consejos y respuestas?
translation-always-button = Siempre
translation-on-tap-button = Con un toque
translation-never-button = Nunca
goal-menu = ¿Cuántos minutos al día quieres hablar?
goal-button = { $minutes } min al día
goal-none-button = Sin meta
reminder-menu =
    ¿Cuándo quieres que te recuerde practicar? Los días en que ya cumpliste la meta me quedo callado.
    Otra hora: /remind 19:45
no-reminder-button = 🔕 Sin recordatorio
reminder-is-off = 🔕 Desde ahora, sin recordatorio. /remind 19:30 lo activa.
reminder-is-set = ⏰ Te lo recuerdo cada día a las { $time } (zona horaria de { $place }).
reminder-is-set-utc = ⏰ Te lo recuerdo cada día a las { $time } UTC, hasta que sepa tu zona horaria.
remind-how = No entiendo esa hora. Escríbela así: /remind 19:30, o /remind off.
zone-menu = ¿Dónde estás? Tus días y recordatorios siguen tu zona horaria.
zone-elsewhere-button = 🌍 Otro lugar
zone-ask-button = 📍 Escribir ciudad o enviar lugar
region-africa-button = África
region-america-button = América
region-asia-button = Asia y Oriente Medio
region-europe-button = Europa
region-oceans-button = Australia y los océanos
zone-earlier-button = « Más temprano
zone-later-button = Más tarde »
zone-ask = Escribe el nombre de una ciudad cercana o envía tu ubicación con el botón de abajo. Solo guardo la zona horaria, no el lugar.
zone-asked-notice = Escribe una ciudad o usa el botón de abajo.
zone-share-button = 📍 Enviar mi ubicación
zone-cancel-button = ✕ Déjalo
zone-kept = De acuerdo, tu zona horaria sigue como estaba.
zone-which = ¿Cuál de ellas?
zone-unknown = No conozco ese lugar. Prueba con una ciudad más grande cercana.
zone-set = ✓ Tu zona horaria es la de { $place }: ahora son las { $time } allí.

## Conversations

new-conversation = 🌱 Una conversación nueva: ha pasado un tiempo. Las anteriores están en /history.
history-conversation = Conversación del { $date }, respuestas: { $turns }

## What is kept of a learner, as files

export-in-private = Eso queda entre nosotros: pídemelo en nuestro chat privado.
export-to-read = Todo lo que guardo sobre ti, para leer. Las grabaciones no se guardan.
export-for-machines = Lo mismo, para otros programas.
cards-for-anki = { $count ->
    [one] Tu tarjeta, para Anki: Archivo, Importar.
   *[other] Tus { $count } tarjetas, para Anki: Archivo, Importar.
  }
no-cards-to-export = Todavía no tienes tarjetas.

## Reminders

reminder = ⏰ { $cards ->
    [0] Hora de practicar: mándame un mensaje de voz sobre tu día.
    [one] Hora de practicar: te espera una tarjeta.
   *[other] Hora de practicar: te esperan { $cards } tarjetas.
  }
reminder-practise-button = 🗣 Practicar ahora
reminder-off-button = 🔕 Sin recordatorios
reminders-are-off = 🔕 Ya no te recordaré nada. /remind lo activa de nuevo.
