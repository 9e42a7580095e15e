"""Words for the filler text. Each list stands in order of frequency; text.py draws by rank."""

import itertools


def _words(raw: str, separator: str | None = None) -> list[str]:
    """The entries of a text, cut at the separator (and at line ends), blanks stripped."""
    lines = raw.split(separator) if separator is None else raw.replace("\n", " ").split(separator)
    return [one.strip() for one in lines if one.strip()]


_COMMON_NOUNS = _words(  # with their gender
    """
gouvernement m, ville f, ministre m, région f, projet m, mesure f, accord m, enquête f, marché m, entreprise
f, maire m, commune f, rapport m, décision f, budget m, réforme f, syndicat m, école f, hôpital m, ligne f,
conseil m, séance f, port m, usine f, tribunal m, plainte f, député m, assemblée f, chantier m, grève f, train
m, route f, festival m, exposition f, film m, œuvre f, musée m, bibliothèque f, club m, équipe f, match m,
saison f, fleuve m, forêt f, climat m, énergie f, réseau m, donnée f, logiciel m, machine f, laboratoire m,
étude f, prix m, hausse f, emploi m, retraite f, quartier m, association f, habitant m, famille f, policier m,
juge m, avocat m, peine f, procès m, audience f, écrivain m, lettre f, roman m, chanson f, orchestre m, scène
f, atelier m, récolte f, vignoble m, coopérative f, agriculteur m, ferme f, pêcheur m, île f, phare m, digue
f, tempête f, crue f, barrage m, vallée f, sommet m, frontière f, traité m, délégation f, ambassadeur m,
mission f, territoire m, élection f, scrutin m, liste f, candidat m, campagne f, discours m, promesse f, impôt
m, dépense f, banque f, crédit m, fonds m, dette f, monnaie f, bourse f, tarif m, facture f, contrat m, clause
f
""",
    ",",
)

_STEMS = _words(
    """
aménag équip financ class appren chang règl calcul compens adapt tarif signal rationn rénov concert inform
organis amplifi planifi négoci coordonn modernis simplifi certific évalu stabilis réguler mobilis explor
restaur navig irrig observ fabriqu
"""
)

_ADJECTIVE_PAIRS = _words(  # masculine/feminine
    """
national/nationale local/locale nouveau/nouvelle public/publique européen/européenne régional/régionale
dernier/dernière municipal/municipale économique/économique social/sociale fragile/fragile ancien/ancienne
voisin/voisine discret/discrète important/importante durable/durable agricole/agricole maritime/maritime
inédit/inédite coûteux/coûteuse lent/lente rapide/rapide commun/commune provisoire/provisoire
définitif/définitive contesté/contestée attendu/attendue reporté/reportée numérique/numérique
scientifique/scientifique culturel/culturelle judiciaire/judiciaire financier/financière étranger/étrangère
rural/rurale montagneux/montagneuse portuaire/portuaire saisonnier/saisonnière historique/historique
prudent/prudente ambitieux/ambitieuse secondaire/secondaire partiel/partielle sévère/sévère léger/légère
ordinaire/ordinaire ouvert/ouverte fermé/fermée mesuré/mesurée
"""
)
ADJECTIVES = [tuple(pair.split("/")) for pair in _ADJECTIVE_PAIRS]

VERBS = _words(
    """
annonce présente défend refuse étudie prépare examine dénonce soutient retarde relance suspend confirme
réclame finance contourne révise accélère complique éclaire surveille traverse répare accueille inaugure
conteste rejette adopte précise rappelle évoque promet envisage organise publie compare mesure détaille résume
reconnaît redoute salue regrette explique
"""
)

PAST = _words(
    """
annoncé présenté défendu refusé étudié préparé examiné dénoncé soutenu retardé relancé suspendu confirmé
réclamé financé révisé accéléré compliqué éclairé surveillé réparé accueilli inauguré contesté rejeté adopté
précisé rappelé évoqué promis publié
"""
)

LINK_WORDS = _words(
    """
alors que, tandis que, parce que, avant que, bien que, pendant que, dès que, à mesure que, quand, si bien que
""",
    ",",
)

OPENING_PHRASES = _words(
    """
De son côté | Dans un communiqué | Pour l’heure | Depuis plusieurs mois | Selon nos calculs | À l’inverse | En
revanche | Dans la foulée | Sur place | Faute d’accord | Au même moment | Dès le lendemain | Malgré ces
réserves | Sans attendre | À ce stade | En coulisses
""",
    "|",
)

PREPOSITION_WORDS = _words(
    """
dans, pour, avec, hors, sous, vers, chez, outre, sur, contre, sans, devant, après, avant, malgré, selon,
depuis
""",
    ",",
)

ADVERB_WORDS = _words(
    """
encore, déjà, largement, lentement, aussitôt, désormais, rarement, ensemble, publiquement, peu à peu, sans
bruit, à regret
""",
    ",",
)

FIRST_NAMES = _words(
    """
Élise Marceau Ouria Bastien Noémie Côme Anaïs Théophane Inès Gaëtan Zélie Loïc Maëlle Aurèle Solène Yvon
Héloïse Ténor Clémence
"""
)

MONTHS = _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")

_SYLLABLES = _words("bra vel mon tor que lan ser gui nor fal dru pé cha rou mi zan lou ber ga tis vi dor é ma")
_NAME_ENDINGS = _words("ard ieu elle oux in et aud ange ville sac court mont gny rac")


def _nouns() -> list[tuple[str, str]]:
    """Noun and gender: the common ones, then a long tail of rare ones made of stems, as every newspaper has."""
    common = [(word, gender) for word, gender in (one.rsplit(" ", 1) for one in _COMMON_NOUNS)]
    endings = (("ement", "m"), ("ation", "f"), ("age", "m"))
    tail = [
        (prefix + stem + ending, gender)
        for prefix, (ending, gender), stem in itertools.product(
            ("", "ré", "sur", "inter", "contre", "auto"), endings, _STEMS
        )
    ]
    return common + tail


NOUNS = _nouns()
SURNAMES = [(a + b + c).capitalize() for a, b, c in itertools.product(_SYLLABLES, _SYLLABLES[::3], _NAME_ENDINGS)]
