### What the bot says in Portuguese: Brazilian and warm. Never of turns, sessions or logs to a learner.
###
### Fluent counts 0 as `one` in Portuguese: a sentence with a plural needs `[0]` where it must not read "0 mensagem".

# As its speakers call it, on a button.
language-name = Português
# In English, for the prompts of models.
language-for-models = Brazilian Portuguese

## The commands: their lines in /help and in Telegram's menu

command-start = Começar, ou ver como funciona
    .aliases = comecar
command-help = Os comandos, um por linha
    .aliases = ajuda
command-status = Sua conversa, suas mensagens e o tutor
    .aliases = situacao
command-history = Nossa conversa até aqui
    .aliases = historico
command-feedback = As últimas dicas de novo
    .aliases = dicas
command-progress = Suas últimas quatro semanas, em imagem
    .aliases = progresso
command-intonation = Como soou sua última mensagem de voz
    .aliases = entonacao
command-practice = Treinar seus cartões em voz alta
    .aliases = treinar
command-cards = Seus cartões: ver, mudar, levar
    .aliases = cartoes
command-card = Guardar uma frase como cartão
command-coach = Em resposta a uma mensagem de voz: dicas sobre ela
command-new = Começar uma conversa nova
    .aliases = novo nova
command-language = O idioma em que eu falo com você
    .aliases = idioma
command-level = Qual é o seu nível de inglês
    .aliases = nivel
command-persona = Quem eu sou quando você me escreve
    .aliases = personagem
command-models = Os modelos que podem responder a você
    .aliases = modelos
command-switch = Escolher o modelo que responde a você
    .aliases = trocar
command-settings = O que você escolheu, e como mudar
    .aliases = configuracoes ajustes
command-remind = Um lembrete diário para praticar, na hora que você escolher
    .aliases = lembrete lembrar
command-export = Tudo o que guardo sobre você, em arquivos
    .aliases = exportar
command-delete = Apagar tudo o que guardo sobre você
    .aliases = apagar
command-subscribe = Em qual canal entrar e como
    .aliases = inscrever
command-admin = Números, situação e fila

## The first minute

# What Telegram shows in the empty chat: 512 characters at most.
bot-description =
    Sou um tutor de inglês com quem você conversa. Envie uma mensagem de voz em inglês e receba o que eu entendi, dicas de pronúncia e gramática e uma resposta falada, para a conversa continuar.

    Toque em Iniciar e diga algo: não há nada para configurar.
# What Telegram shows on the profile: 120 characters at most.
bot-about = Pratique inglês falando: envie uma mensagem de voz, receba dicas e uma resposta falada.
welcome = Boas-vindas ao PhonicFlow!
welcome-how = Envie uma mensagem de voz em inglês: você recebe o que eu entendi, dicas e uma resposta falada. 🎙
welcome-how-or-write = Envie uma mensagem de voz em inglês, ou escreva para mim: você recebe o que eu entendi, dicas e uma resposta. 🎙
welcome-next = Não sabe o que dizer? Toque em “Primeira tarefa”. /help mostra o que mais eu faço.
welcome-kept = Guardo nossas conversas e suas configurações para continuarmos de onde paramos; /delete apaga tudo.
first-task-button = 🎯 Primeira tarefa
another-task-button = 🎯 Outra tarefa
first-task-yesterday = Conte o que você fez ontem.
first-task-yourself = Apresente-se: seu nome, onde você mora, do que gosta.
first-task-room = Descreva o lugar onde você está.
first-task-meal = Conte sobre uma comida que você adora.
first-task-plans = Conte o que vai fazer no fim de semana.
first-task-hold = Segure o microfone, fale em inglês e solte para enviar.
language-menu = Em qual idioma eu falo com você? O inglês a gente pratica de qualquer jeito.

## Who may use the bot, and how to get in

not-allowed = Este tutor é privado.
not-allowed-send-id = Para ter acesso, envie este número ao responsável pelo bot:
not-allowed-ask-in-private = Me chame no privado para ver como ter acesso.
members-only-of = Isso é só para membros de
members-only = Isso é só para membros de um canal privado.
members-only-join = Entre nele, toque em “Já entrei” e envie sua mensagem de voz.
members-only-invitation = Peça um convite ao responsável pelo bot e depois toque em “Já entrei”.
members-hint = A prática é só para membros de um canal: /subscribe mostra como entrar.
no-channel = Não é preciso entrar em nenhum canal: é só enviar uma mensagem de voz em inglês. 🎙
refused-try-later = Agora não consigo verificar se você está no canal. Tente de novo em um minuto, por favor.
refused-hidden = Não consigo ver quem está no canal: há algo mal configurado aqui, e o responsável pelo bot já foi avisado. Tente de novo mais tarde, por favor.
refused-not-allowed-notice = Este tutor é privado: me chame no privado.
refused-not-member-notice = Isso é só para membros do canal: /subscribe mostra como entrar.
refused-try-later-notice = Agora não consigo verificar. Tente de novo em um minuto, por favor.
refused-hidden-notice = Não consigo ver quem está no canal. Tente de novo mais tarde, por favor.
join-button = Abrir o canal
joined-button = Já entrei
joined = Pronto, você entrou! Envie uma mensagem de voz em inglês! 🎙
joined-notice = Boas-vindas!
not-joined-notice = Ainda não vejo você no canal. Entre nele e toque de novo.

## /admin

admin-in-private = Só mostro isso no privado: me envie /admin por lá, por favor.
admin-up = No ar há { $age }
admin-last-poll = Última consulta: há { $age }
admin-no-poll = Última consulta: nenhuma ainda
admin-tutor-failing = Tutor: no ar, mas não consegue responder há { $age }
admin-tutor-answers = Tutor: responde há { $age }
admin-tutor-silent = Tutor: não responde há { $age }
admin-tutor-unknown = Tutor: ainda não consultado
admin-members-hidden = Canal: o Telegram não diz quem está nele
admin-turns = Mensagens respondidas desde o início: { $count }
admin-inbox = Entrada: { $inbox }, em andamento: { $working }, em entrega: { $delivering }
admin-waiting = Em espera, { $why }: { $count }, a mais antiga há { $age }
admin-dead-letters = Mensagens abandonadas: { $count }
wait-tutor-down = tutor não responde
wait-tutor-failing = o tutor não consegue responder
wait-tutor-uncertain = procurando a resposta do tutor
wait-recogniser-down = reconhecimento de fala não responde
wait-model-down = modelo de conversa não responde
wait-telegram-down = Telegram não responde
wait-paced = Telegram pediu para esperar
wait-global-rate = limite de todos os alunos
wait-fault = uma falha que pode passar
dead-tutor-down = o tutor não respondeu
dead-answer-lost = a resposta do tutor se perdeu
dead-telegram-down = o Telegram não respondeu
dead-fault = uma falha do bot
dead-restored = abertas quando o banco de dados foi restaurado
dead-ended-daemon = o bot caiu duas vezes ao tratá-la
dead-send-refused = o Telegram recusa a resposta
dead-send-unknown = enviadas, mas o Telegram não disse se chegaram
dead-voice-failed = o tutor falhou só nesta mensagem
dead-tutor-refused = o tutor recusa o que enviamos
dead-model-down = o modelo de conversa não respondeu
dead-model-refused = o modelo de conversa não aceita a mensagem
dead-other = outras

## What admins are told unasked

alert-since = há { $age }
alert-tutor-down = ⚠️ O tutor parou de responder{ $since }. Mensagens na fila: { $waiting }. Elas ficam guardadas e são respondidas quando ele voltar. /admin mostra mais.
alert-tutor-part-down = ⚠️ Uma parte do tutor não responde{ $since }: { $parts }. Mensagens na fila: { $waiting }. Elas ficam guardadas e são respondidas quando ela voltar. `sudo phonicflow-bot doctor` pergunta a cada servidor.
alert-tutor-failing = ⚠️ O tutor não consegue responder: ele está no ar, mas toda mensagem falha, em geral porque o modelo de linguagem parou. Mensagens na fila: { $waiting }. Elas ficam guardadas. `sudo phonicflow-bot doctor` pergunta ao tutor como ele está.
alert-tutor-back = ✅ O tutor voltou a responder. Mensagens na fila: { $waiting }.
alert-model-down = ⚠️ O modelo de conversa parou de responder{ $since }. Mensagens na fila: { $waiting }. Os textos ficam guardados e são respondidos quando ele voltar; os áudios continuam. `sudo phonicflow-bot doctor` pergunta a cada servidor.
alert-model-back = ✅ O modelo de conversa voltou a responder. Mensagens na fila: { $waiting }.
alert-dead-letters =
    ⚠️ Mensagens abandonadas: novas: { $new }, no total: { $all }.{ $reasons }
    Elas ficam guardadas: na máquina, `sudo phonicflow-bot queue list` mostra quais são e `sudo phonicflow-bot queue retry N` devolve uma à fila.
alert-restored = ⚠️ O banco de dados foi danificado e restaurado da cópia de { $moment }. O que veio depois está faltando. O danificado foi posto de lado; o log diz onde.
alert-restored-empty = ⚠️ O banco de dados foi danificado e não havia cópia boa: ele recomeçou vazio, sem sessões, histórico e fila. O danificado foi posto de lado; o log diz onde.
alert-members-hidden = ⚠️ O Telegram não me diz quem está em REQUIRED_CHANNEL. Confira o nome e me adicione como administrador do canal. Até lá só pratica quem eu já sei que é membro.

## What is chosen by buttons: level, persona, model

level-beginner-button = Iniciante (A1–A2)
level-intermediate-button = Intermediário (B1–B2)
level-advanced-button = Avançado (C1–C2)
level-menu = Como é o seu inglês?
level-chosen = Seu nível:
persona-menu = Quem eu devo ser quando você me escreve? Agora:
model-menu = Quem responde quando você escreve
model-menu-page = (página { $page } de { $pages })
model-menu-nobody = ninguém ainda
model-menu-not-there = Ele não está disponível no momento, por isso outro responde a você.
no-such-model = Não conheço nenhum modelo
no-such-model-choose = . Escolha um destes:
models-out-of-reach-notice = Não consigo consultar os modelos no momento. Tente de novo mais tarde, por favor.
model-gone-notice = Esse modelo não está mais disponível.
chosen-already-notice = Essa já é a sua escolha.
no-chat-model = Aqui a gente conversa por voz, por isso não há o que escolher: é só me enviar uma mensagem de voz. 🎙

## Pictures and documents that cannot be looked at

picture-too-large = Esta imagem é grande demais: olho imagens de até 10 MB. Envie como foto, que ela fica menor.
picture-unknown = Não consigo abrir esta imagem. Envie como foto, ou em jpg, png, webp ou gif, por favor.
document-too-large = Este documento é grande demais: leio até 1 MB. Envie só a parte sobre a qual quer conversar, por favor.
document-unsupported = Não consigo ler este tipo de arquivo. Leio txt, md, pdf e docx, e escuto mensagens de voz e áudios.
document-empty = Não achei texto neste documento; talvez seja digitalizado. Envie as palavras em txt, md, pdf ou docx, ou numa mensagem.
document-locked = Este documento está protegido por senha. Envie sem senha, por favor.
document-broken = Não consigo ler este documento; pode estar danificado. Envie de novo, ou o texto em txt, md, pdf ou docx.

## The conversation

help = Envie uma mensagem de voz em inglês e eu te dou dicas.
unknown-command-near = Não conheço /{ $name }. Você quis dizer /{ $near }? /help mostra todos os comandos.
unknown-command = Não conheço /{ $name }. /help mostra todos os comandos.
voice-only = Obrigado pela mensagem! Eu escuto mensagens de voz: segure o microfone, fale em inglês e solte para enviar. 🎙
other-sticker = Legal! Mas eu só sei escutar: envie uma mensagem de voz em inglês. 🎙
other-picture = Não consigo ver imagens, mas quero ouvir sobre esta: descreva em inglês numa mensagem de voz. 🎙
other-location = Não sei ler mapas. Conte sobre este lugar em inglês numa mensagem de voz! 🎙
other-document = Não consigo abrir este arquivo. Envie uma mensagem de voz ou um áudio ogg, mp3, m4a, flac ou wav. 🎙
other-unknown = Eu só sei escutar: envie uma mensagem de voz em inglês. 🎙
other-sticker-or-write = Legal! Envie uma mensagem de voz em inglês, ou escreva para mim. 🎙
other-unknown-or-write = Com isso não consigo fazer nada: envie uma mensagem de voz em inglês, ou escreva para mim. 🎙
rate-limited = Foi bastante coisa de uma vez! Espere { $seconds } s antes da próxima mensagem; as enviadas até lá ficam sem resposta.
crowded = Já há muitas mensagens suas esperando, por isso não peguei esta. Quando elas forem respondidas, envie-a de novo, por favor.
later = O tutor está demorando mais que o normal. Sua mensagem está guardada: a resposta chega aqui sozinha.
given-up = Sinto muito: o tutor ficou fora do ar por tempo demais, e esta mensagem ficou sem resposta. Envie de novo mais tarde.
dropped = Sinto muito: o responsável pelo bot retirou esta mensagem, e ela ficou sem resposta. Se quiser, envie de novo.
stumbled = Sinto muito: eu tropeço nesta mensagem toda vez, por isso ela ficou sem resposta. A falha é minha. Tente com outra, por favor.
you-said = 🎧 Você disse
coaching = 📝 Dicas
nothing-yet = Ainda não há nada aqui: envie uma mensagem de voz em inglês e começamos. 🎙
coach-what = Responda a uma mensagem de voz com /coach, e eu dou dicas sobre ela. 🎧
fresh-waits = Conversa nova. O que você enviou e ainda não foi respondido será respondido nela.
fresh-first = Conversa nova: envie uma mensagem de voz. 🎙
fresh = Conversa nova. A anterior (mensagens: { $turns }) foi arquivada. Envie uma mensagem de voz. 🎙
delete-yes-button = Apagar tudo
delete-no-button = Manter
kept = Nada foi apagado.
not-yours-notice = Este botão é para outra pessoa.
outdated-notice = Este botão expirou.
history-heading = Nossa conversa, página { $page } de { $pages }
older-button = « Anteriores
newer-button = Seguintes »

## Recordings that cannot be answered

too-large = Este arquivo é grande demais: aceito até { $megabytes } MB. Envie um menor, por favor.
too-long = Esta gravação é longa demais: aceito até { $length }. Envie uma mais curta, por favor.
length-minutes =
    { $minutes ->
        [0] 0 minutos
        [one] { $minutes } minuto
       *[other] { $minutes } minutos
    }
length-seconds =
    { $seconds ->
        [0] 0 segundos
        [one] { $seconds } segundo
       *[other] { $seconds } segundos
    }
no-audio = Não há som neste arquivo. Grave a mensagem de novo, por favor.
not-audio = Não consigo ler isto como áudio; pode estar danificado. Grave de novo, ou envie ogg, mp3, m4a, flac ou wav.
cut-audio = Falta o final deste arquivo, e sem ele não consigo ouvir nada. Envie de novo, por favor.
unsupported = Não conheço este formato de áudio{ $format }. Envie uma mensagem de voz, ou um arquivo ogg, mp3, m4a, flac ou wav.
costly-audio = Desisti deste arquivo: para lê-lo é preciso muito mais do que para qualquer gravação. Grave a mensagem de novo, por favor.
file-gone = O Telegram não conseguiu me entregar esta gravação. Envie de novo, por favor.
files-out-of-reach = No momento não consigo abrir gravações: há algo mal configurado aqui. O responsável pelo bot precisa corrigir isso.
empty-answer = O tutor ouviu sua mensagem, mas não conseguiu responder desta vez. Tente mais uma vez, por favor.

## /status

status = Sua prática
status-conversation = Conversa: aberta há { $age }, mensagens: { $turns }
status-no-conversation = Conversa: nenhuma ainda, sua próxima mensagem de voz abre uma
status-nothing-waits = Nenhuma mensagem sua na fila
status-next = Suas mensagens na fila: { $own }, a primeira está em andamento ou é a próxima
status-place = Suas mensagens na fila: { $own }, lugar { $place }
status-about = A resposta leva { $about }
status-tutor-unknown = Tutor: ainda não consultado
status-tutor-answers = Tutor: disponível
status-tutor-failing = Tutor: não consegue responder no momento, as mensagens esperam
status-tutor-silent = Tutor: indisponível no momento, as mensagens esperam
status-rate = Limite: restam { $left } de { $limit } mensagens neste minuto
status-no-rate = Limite: nenhum
status-level = Nível: { $level }
status-persona = Quando você escreve, eu sou: { $persona }
status-model = Modelo que você escolheu:
under-a-minute = menos de um minuto

## When the tutor could not answer; /delete

no-speech = Não consegui ouvir nenhuma fala nesta mensagem. Tente de novo, um pouco mais perto do microfone.
voice-failed = Sinto muito: o tutor não conseguiu responder a esta mensagem. Talvez não desse para ouvir a fala. Grave mais uma vez, por favor.
tutor-refused = Sinto muito: o tutor não está aceitando o que envio, e esta mensagem ficou sem resposta. A culpa não é sua: o responsável pelo bot precisa corrigir isso.
delete-ask = Apagar tudo o que guardo sobre você: conversas, dicas, configurações e mensagens na fila, aqui e no tutor? Só a última resposta falada fica no disco do tutor, que não tem como apagá-la. Não dá para desfazer.
delete-ask-here = Apagar tudo o que guardo sobre você: conversas, dicas, configurações e mensagens na fila? Não dá para desfazer.
deleted-here = Pronto: tudo o que eu guardava sobre você foi apagado. Se escrever de novo, começamos do zero.
deleted = Pronto: tudo o que eu guardava sobre você foi apagado, e o tutor vai esquecer nossas conversas. A última resposta falada pode ficar no disco dele até ser substituída. Se escrever de novo, começamos do zero.
database-keeps = O que foi apagado pode ficar por um tempo em cópias que não alcanço: pergunte a quem cuida de mim.

## Waiting longer than usual

expect-next = ⏳ Estou ouvindo sua mensagem; a resposta leva { $about }.
expect-next-unknown = ⏳ Ainda estou com a sua mensagem; desta vez demora um pouco mais.
ordinal = { $place }ª
expect-place = ⏳ Sua mensagem é a { $place } da fila; a resposta leva { $about }.
expect-place-unknown = ⏳ Sua mensagem é a { $place } da fila; desta vez a resposta demora um pouco mais.
about-seconds = cerca de { $seconds } segundos
about-minutes =
    { $minutes ->
        [0] cerca de 0 minutos
        [one] cerca de um minuto
       *[other] cerca de { $minutes } minutos
    }

## Written conversation

tokens-used-up = Escrevemos bastante hoje! Posso escrever de novo às 00:00 UTC, daqui a { $left }. Mensagens de voz são sempre bem-vindas. 🎙
too-much-for-the-model = Isso é demais para mim de uma vez só. Envie em partes menores, por favor.
model-refused = Sinto muito: não consigo responder a esta mensagem. Tente com outras palavras, ou mande um áudio. 🎙
model-is-blind = Aqui não consigo ver imagens. Conte com palavras o que ela mostra, ou mande um áudio. 🎙
model-gone = O modelo { $gone } não existe mais: { $instead } respondeu no lugar dele.
stop-button = ⏹ Parar
over-already-notice = Esta resposta já terminou.

## Files that the bot makes

not-made = Não consegui preparar isso agora. Peça de novo daqui a pouco, por favor.
not-taken = Este chat não me deixa enviar arquivos como este. Peça na nossa conversa privada.

## As imagens, e a fala mais lenta

date-short =
    { $month ->
        [1] { $day } jan
        [2] { $day } fev
        [3] { $day } mar
        [4] { $day } abr
        [5] { $day } mai
        [6] { $day } jun
        [7] { $day } jul
        [8] { $day } ago
        [9] { $day } set
        [10] { $day } out
        [11] { $day } nov
       *[12] { $day } dez
    }
kind-grammar = gramática
kind-word-choice = escolha de palavras
kind-pronunciation = pronúncia
kind-fluency = fluência
progress-title = Suas últimas quatro semanas
progress-minutes-a-day = Minutos falados por dia
progress-legend-goal-met = meta cumprida
progress-legend-spoken = falado
progress-goal-line = meta: { $minutes } min
progress-today = hoje
progress-nothing-spoken = Ainda não há nada falado nestas quatro semanas. Sua primeira mensagem de voz desenha a primeira barra.
progress-one-day = Um dia até agora. Cada dia em que você fala acrescenta uma barra.
progress-corrections = Correções a cada 100 palavras
progress-nothing-corrected = Nenhuma palavra contada ainda.
progress-week-from = desde { $date }
progress-attendance = Presença
progress-days-in-a-row =
    { $days ->
        [0] dias seguidos
        [one] dia seguido
       *[other] dias seguidos
    }
progress-days-spoken = falou em { $spoken } de { $days } dias
progress-days-goal-met = meta cumprida em { $met } de { $days } dias
progress-cards = Cartões
progress-no-cards = Nenhum guardado ainda.
progress-cards-due = para hoje
progress-cards-learnt = aprendidos
progress-cards-all = no total
progress-caption-spoken = Falado: { $minutes } min
progress-caption-attendance = Presença: { $spoken } de { $days } dias; seguidos: { $streak }
progress-caption-goal = Meta de { $minutes } min por dia: dias cumpridos: { $met }
progress-caption-corrections = Correções a cada 100 palavras: { $rate }
progress-caption-weeks = Semana a semana: { $rates }
progress-caption-cards = Cartões: { $due } para hoje, { $learnt } aprendidos, { $all } no total
intonation-title = Como soou
intonation-pitch = Altura da voz em semitons, acima e abaixo do meio de cada pessoa
intonation-you = você
intonation-tutor = o tutor
intonation-no-voice = nenhuma voz para comparar
intonation-no-pitch = Não encontrei a altura da voz aqui: estava baixa demais, sussurrada ou perdida no ruído.
intonation-seconds = segundos
intonation-caption-range = { $name }: { $seconds } s, alcance de { $semitones } semitons
intonation-caption-no-pitch = { $name }: { $seconds } s, altura não encontrada
intonation-caption-meaning = A melodia da voz não é uma nota: compare onde ela sobe e onde desce.
intonation-none = Guardo só a melodia das últimas mensagens de voz, e desta não há nenhuma. Envie uma mensagem de voz e peça de novo. 🎙
slower-none = Não tenho mais esta resposta em voz. Envie uma mensagem de voz e experimente com a minha próxima resposta. 🎙
slower-button = 🐢 Mais devagar
intonation-button = 🎵 Como soou
## Under an answer

underlined = Sublinhado: palavras que não sei se ouvi bem.
corrections = ✏️ Diga assim
decimal = { $whole },{ $tenth }
fluency-rate = 📊 Uma ideia aproximada: { $rate } palavras por minuto
fluency-pauses = { $pauses } % de pausas (a maior, { $longest } s)
fluency-fillers = “um” e “uh”: { $fillers }
translate-button = 🌐 Traduzir
hear-coaching-button = 🔊 Ouvir as dicas
corrections-button = ✏️ Correções
cannot-draw-notice = Não consigo listar as correções agora. Tente de novo daqui a pouco.
nothing-to-correct-notice = Nada para corrigir aqui. Muito bem!
pressed-already-notice = Já está a caminho.
cannot-translate-notice = Não consigo traduzir agora. Tente de novo daqui a pouco.
coaching-not-spoken = Não consigo mais falar estas dicas, mas você ainda pode ler acima.

## Cards and practising them aloud

practice-you-said = Você disse:
practice-say-right = Como se diz direito? Fale numa mensagem de voz. 🎙
practice-cue = Fale esta frase numa mensagem de voz; aqui estão as primeiras letras: 🎙
practice-aloud = Fale isto em voz alta numa mensagem de voz: 🎙
practice-left =
    { $left ->
        [0] nenhum cartão para hoje
        [one] falta { $left } cartão hoje
       *[other] faltam { $left } cartões hoje
    }
practice-all-done = Por hoje é só, muito bem! ✅
practice-new-later =
    { $count ->
        [0] Nenhum cartão novo fica para amanhã.
        [one] { $count } cartão novo fica para amanhã.
       *[other] { $count } cartões novos ficam para amanhã.
    }
practice-new-a-day =
    { $count ->
        [0] A partir de agora nenhum cartão novo.
        [one] A partir de agora um cartão novo por dia.
       *[other] A partir de agora até { $count } cartões novos por dia.
    }
practice-how = /practice traz os cartões de hoje. /practice com um número até { $most } diz quantos cartões novos vêm por dia.
practice-no-cards = Você ainda não tem cartões. Toque em “Guardar” embaixo de uma resposta com correções, ou envie /card e uma frase que você quer saber dizer.
practice-gone = Este cartão não existe mais. /practice traz o próximo.
practice-stopped = Fim do treino: suas mensagens de voz voltam a ser conversa. 💬
practice-show-button = 🙈 Não sei
practice-next-button = Próximo ▶
practice-stop-button = ⏹ Parar
practice-said-button = 🙋 Eu disse, sim
practice-again-button = De novo
practice-hard-button = Difícil
practice-good-button = Bom
practice-easy-button = Fácil
practice-again = 🔁 Ainda não
practice-hard = 🟡 Quase
practice-good = ✅ Bom
practice-easy = 🌟 Sem pensar
practice-due-in =
    { $days ->
        [0] de novo hoje
        [one] de novo amanhã
       *[other] de novo em { $days } dias
    }
practice-words-heard = ✅ Eu ouvi.
practice-words-missed = 🔁 Ainda não: fale mais uma vez.
practice-missed = Em negrito: o que eu não ouvi.
practice-heard = 🎧 Eu ouvi:
practice-sound = Eu ouvi “{ $heard }” no lugar de “{ $wanted }”: /{ $heard_sound }/ em vez de /{ $wanted_sound }/, como se fala no inglês americano.
card-kept = Guardei como cartão:
card-there = Você já tem este cartão:
card-kept-how = /practice traz ele de volta na hora certa.
card-changed = Agora ele diz:
card-how = Envie /card e uma frase que você quer saber dizer, por exemplo: /card I am looking forward to it. Você também pode responder a uma mensagem com /card, ou encaminhar uma para mim.
card-too-long = Isso é demais para um cartão. Uma frase de até { $most } letras é mais fácil de falar.
card-no-words = Não há palavras para falar aí. Envie /card e uma frase.
card-missing = Você não tem o cartão { $number }. /cards mostra os que você tem.
cards-full = Você já tem tantos cartões quantos eu consigo guardar. Em /cards você pode remover alguns.
keep-button = 🗂 Guardar “{ $phrase }”
keep-all-button = 🗂 Guardar tudo
kept-notice =
    { $count ->
        [0] Nada para guardar.
        [one] Guardei como cartão. /practice traz ele de volta.
       *[other] Guardei como { $count } cartões. /practice traz eles de volta.
    }
kept-already-notice = Já é um cartão. /practice traz ele de volta.
cards-heading =
    { $cards ->
        [0] 0 cartões
        [one] { $cards } cartão
       *[other] { $cards } cartões
    }
cards-learnt = aprendidos: { $count }
cards-page = página { $page } de { $pages }
card-due-now = para agora
card-due-in =
    { $days ->
        [0] para hoje
        [one] para amanhã
       *[other] em { $days } dias
    }
card-paused = em pausa
card-change-how = Para mudar, envie:
card-remove-button = 🗑 Remover
card-remove-yes-button = 🗑 Remover mesmo
card-removed-notice = Removido.
card-pause-button = ⏸ Pausar
card-resume-button = ▶ Trazer de volta
cards-back-button = ◀ Todos os cartões
cards-export-button = 📄 Arquivo para o Anki
cards-sent-notice = O arquivo está a caminho.

## /settings

settings-title = Suas configurações
settings-on = sim
settings-off = não
settings-unknown = ainda não escolhido
settings-language = Idioma
settings-level = Nível
settings-translation = Tradução
settings-voice = Respostas faladas
settings-slower = Fala mais lenta
settings-persona = Quando você escreve, eu sou
settings-goal = Meta diária
settings-reminder = Lembrete
settings-zone = Fuso horário
settings-zone-now = { $place }, agora são { $time } lá
settings-in-private = As configurações ficam entre nós: envie /settings na nossa conversa privada. 🙂
settings-button = « Todas as configurações
settings-language-button = 🌐 Idioma
settings-translation-button = 🔤 Tradução
settings-level-button = 🎚 Nível
settings-voice-on-button = 🔊 Falar as respostas
settings-voice-off-button = 🔇 Não falar as respostas
settings-slower-on-button = 🐢 Falar mais devagar
settings-slower-off-button = 🐇 Velocidade normal
settings-persona-button = 🎭 Quem eu sou
settings-goal-button = 🎯 Meta diária
settings-reminder-button = ⏰ Lembrete
settings-zone-button = 🕒 Fuso horário
translation-menu = Quando devo traduzir minhas dicas e respostas para você?
translation-always-button = Sempre
translation-on-tap-button = Com um toque
translation-never-button = Nunca
goal-menu = Quantos minutos por dia você quer falar?
goal-button = { $minutes } min por dia
goal-none-button = Sem meta
reminder-menu =
    Quando devo lembrar você de praticar? Fico em silêncio nos dias em que a meta já foi cumprida.
    Outro horário: /remind 19:45
no-reminder-button = 🔕 Sem lembrete
reminder-is-off = 🔕 Sem lembrete de agora em diante. /remind 19:30 liga de novo.
reminder-is-set = ⏰ Eu lembro você todo dia às { $time } (fuso horário de { $place }).
reminder-is-set-utc = ⏰ Eu lembro você todo dia às { $time } UTC, até eu saber o seu fuso horário.
remind-how = Não entendi esse horário. Escreva assim: /remind 19:30, ou /remind off.
zone-menu = Onde você está? Seus dias e lembretes seguem o seu fuso horário.
zone-elsewhere-button = 🌍 Outro lugar
zone-ask-button = 📍 Digitar cidade ou enviar local
region-africa-button = África
region-america-button = Américas
region-asia-button = Ásia e Oriente Médio
region-europe-button = Europa
region-oceans-button = Austrália e oceanos
zone-earlier-button = « Mais cedo
zone-later-button = Mais tarde »
zone-ask = Digite o nome de uma cidade perto de você ou envie sua localização com o botão abaixo. Eu guardo só o fuso horário, não o lugar.
zone-asked-notice = Digite uma cidade ou use o botão abaixo.
zone-share-button = 📍 Enviar minha localização
zone-cancel-button = ✕ Deixa pra lá
zone-kept = Tudo bem, seu fuso horário continua como estava.
zone-which = De qual você está falando?
zone-unknown = Não conheço esse lugar. Tente uma cidade maior perto de você.
zone-set = ✓ Seu fuso horário é o de { $place }: agora são { $time } lá.

## Conversations

new-conversation = 🌱 Uma conversa nova: já faz um tempo. As anteriores estão em /history.
history-conversation = Conversa de { $date }, respostas: { $turns }

## What is kept of a learner, as files

export-in-private = Isso é só entre nós: peça na nossa conversa privada.
export-to-read = Tudo o que guardo sobre você, para ler. As gravações não são guardadas.
export-for-machines = O mesmo, para outros programas.
cards-for-anki = { $count ->
    [0] Nenhum cartão para o Anki.
    [one] Seu cartão, para o Anki: Arquivo, Importar.
   *[other] Seus { $count } cartões, para o Anki: Arquivo, Importar.
  }
no-cards-to-export = Você ainda não tem cartões.

## Reminders

reminder = ⏰ { $cards ->
    [0] Hora de praticar: me mande uma mensagem de voz sobre o seu dia.
    [one] Hora de praticar: um cartão espera por você.
   *[other] Hora de praticar: { $cards } cartões esperam por você.
  }
reminder-practise-button = 🗣 Praticar agora
reminder-off-button = 🔕 Sem lembretes
reminders-are-off = 🔕 Não vou mais lembrar você. /remind liga de novo.
