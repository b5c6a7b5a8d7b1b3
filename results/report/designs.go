package report

// The words for the comparison of a run: who is compared with whom, until when, and what that leaves untested. The words of
// `comparison` are those of the study: not-now, never, or the codes of other tiltak joined by |.

// whom says in plain words who is compared with whom.
func (b *builder) whom() string {
	switch c := b.run.Comparison; c {
	case "", "not-now":
		if b.run.TimeZero == "referral" {
			return b.say("Hver henvisning til et tiltak, enten den ble til en start eller ikke, sammenlignes med personer som var registrert som arbeidssøkere i samme måned, hadde vært det omtrent like lenge og ikke ble henvist til noe tiltak den måneden. Månedene regnes fra henvisningen, og ventetiden er en del av virkningen.",
				"Each referral to a tiltak, whether it became a start or not, is compared with persons who were registered as jobseekers in the same month, had been so for about as long, and were referred to no tiltak in that month. Months are counted from the referral, and the wait is part of the effect.")
		}
		return b.say("Hver start i et tiltak sammenlignes med personer som var registrert som arbeidssøkere i samme måned, hadde vært det omtrent like lenge og ikke startet i noe tiltak den måneden.",
			"Each start in a tiltak is compared with persons who were registered as jobseekers in the same month, had been so for about as long, and started no tiltak in that month.")
	case "never":
		return b.say("Hver start i et tiltak sammenlignes med registrerte arbeidssøkere som aldri deltok i tiltak. Hvem som aldri deltar, vet man først etterpå, og de som fort finner jobb, rekker ikke å delta: sammenligningen er skjev mot tiltaket.",
			"Each start in a tiltak is compared with registered jobseekers who never took part in one. Who never takes part is known only afterwards, and those who find work quickly never do: the comparison is tilted against the tiltak.")
	case "either":
		return b.say("Hver start i en kombinasjon av tiltak sammenlignes med personer som i samme måned var i ett av tiltakene, hadde vært det omtrent like lenge og ikke fikk det andre den måneden.",
			"Each start of a combination of tiltak is compared with persons who in the same month were in one of them, had been so for about as long, and did not get the other in that month.")
	default:
		var names []string
		for _, other := range b.run.Others {
			names = append(names, lower(other.Text.In(b.lang())))
		}
		return b.sayf("Hver start i et tiltak sammenlignes med personer som i samme måned, etter omtrent like lang tid, startet i et annet tiltak: %s.", "Each start in a tiltak is compared with persons who in the same month, after about as long, started another tiltak: %s.", b.l.And(names))
	}
}

// later says what becomes of those in the comparison who start later.
func (b *builder) later() string {
	switch b.run.LaterEntry {
	case "censor":
		if k, l := b.run.WaitUntil, b.run.StartBy; l > 0 {
			return b.sayf(" Personer i sammenligningsgruppen regnes med så lenge de venter til måned %d av perioden som registrert og, om de fortsatt er registrert, starter i det samme tiltaket innen måned %d; de som gjør det, får vekt også for dem som ikke gjør det. Tallene viser hva det betyr å starte nå i stedet for å starte i månedene %d–%d, om en ikke har sluttet før.",
				" Persons of the comparison count as long as they wait until month %d of their registered spell and, if still registered, start the same tiltak by month %d; those who do are given weight for those who do not. The figures tell what it means to start now rather than in months %d–%d, unless one has left before.", k, l, k, l)
		}
		if k := b.run.WaitUntil; k > 0 {
			return b.sayf(" Personer i sammenligningsgruppen regnes med til de selv starter i et tiltak før måned %d av perioden som registrert; de som venter, får vekt også for dem. Tallene viser hva det betyr å starte nå i stedet for å vente i hvert fall til måned %d, og så starte eller ikke som det blir.",
				" Persons of the comparison count until they start a tiltak before month %d of their registered spell; those who wait are given weight for them too. The figures tell what it means to start now rather than to wait at least until month %d, and then start or not as it comes.", k, k)
		}
		return b.say(" Personer i sammenligningsgruppen regnes med til de selv starter i et tiltak; de som blir igjen, får vekt også for dem. Tallene viser hva det betyr å starte nå i stedet for ikke å starte i noe tiltak i tiden som følges.",
			" Persons of the comparison count until they start a tiltak themselves; those who stay are given weight for them too. The figures tell what it means to start now rather than to start no tiltak in the time followed.")
	case "follow":
		switch b.run.Comparison {
		case "", "not-now":
			return b.say(" Noen av dem startet i tiltak senere. Tallene viser derfor hva det betyr å starte nå i stedet for ikke nå.", " Some of them started a tiltak later. The figures therefore tell what it means to start now rather than not now.")
		case "never":
			return ""
		case "either":
			return b.say(" Noen av dem fikk det andre siden. Tallene viser derfor hva det betyr å få begge nå i stedet for bare det ene nå.", " Some of them got the other later. The figures therefore tell what it means to have both now rather than one of them now.")
		}
		return b.say(" Hva begge gruppene gjorde siden, er regnet med slik det ble.", " What both arms did later is counted as it came.")
	}
	return ""
}

// designLimits are the limitations that come with the comparison itself.
func (b *builder) designLimits() []limit {
	switch c := b.run.Comparison; {
	case b.run.TimeZero == "referral":
		return []limit{{Title: b.say("Henvist, ikke nødvendigvis startet", "Referred, not necessarily started"), Text: b.say("Tallene er virkningen av å bli henvist. Noen av de henviste startet aldri, og noen av de andre ble henvist senere. Virkningen av å delta er større enn tallet, så langt henvisningen alene ikke virker.",
			"The figures are the effect of being referred. Some of those referred never started, and some of the others were referred later. The effect of taking part is larger than the figure, so far as the referral alone does nothing.")}}
	case (c == "" || c == "not-now") && b.run.LaterEntry == "censor":
		return []limit{{Title: b.say("Hvorfor noen starter senere", "Why some start later"), Text: b.say("At de som ikke startet senere, kan stå for dem som gjorde det, forutsetter at alt som både avgjør en senere start og jobbsjansene, er målt måned for måned. Diagnosetallene viser hvor mange som falt fra og hvor store vektene ble; er de store, er svaret skjørt.",
			"That those who did not start later can stand for those who did, presupposes that everything which both decides a later start and bears on the chances of work was measured month by month. The diagnostics tell how many left and how large the weights became; where they are large, the answer is fragile.")}}
	case c == "" || c == "not-now":
		return []limit{{Title: b.say("Nå eller senere", "Now or later"), Text: b.say("Sammenligningen er «nå» mot «ikke nå», ikke «tiltak» mot «aldri tiltak». Virkningen av at tiltaket finnes i det hele tatt, er noe annet.",
			"The comparison is now against not now, not a tiltak against never. The effect of there being a tiltak at all is something else.")}}
	case c == "either":
		return []limit{{Title: b.say("Tillegget, ikke hele pakken", "The addition, not the whole"), Text: b.say("Tallene sier hva den siste delen legger til for dem som fikk den og alt var i den første. Hva den første delen betyr, er ikke med.",
			"The figures tell what the last part adds for those who got it and were in the first already. What the first part does is not in them.")}}
	case c == "never":
		return []limit{{Title: b.say("Sammenligningen bygger på fremtiden", "The comparison conditions on the future"), Text: b.say("Å aldri delta er noe som først avgjøres etter måneden sammenligningen gjelder: den som fort finner jobb, blir ikke deltaker. De som aldri deltar, klarer seg derfor bedre enn deltakerne ville gjort uten tiltak, også når tiltaket virker. Tallene er trolig for lave og bør ikke leses som virkninger; sammenligningen «ikke nå» har ikke denne feilen.",
			"Never taking part is decided only after the month the comparison is about: whoever finds work quickly does not become a participant. Those who never take part therefore fare better than participants would have without a tiltak, also where the tiltak works. The figures are probably too low and should not be read as effects; the comparison not-now does not have this fault.")}}
	}
	return []limit{{Title: b.say("Mot et annet tiltak, ikke mot ingenting", "Against another tiltak, not against nothing"), Text: b.say("Tallene sier hvilket av tiltakene som virker best for dem som startet i det første, ikke om noe av dem virker. To tiltak kan gi like tall fordi begge virker, eller fordi ingen av dem gjør det.",
		"The figures tell which of the tiltak works better for those who started the first, not whether any of them works. Two tiltak can give the same figure because both work, or because neither does.")}}
}
