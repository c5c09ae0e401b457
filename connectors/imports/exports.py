"""The exports that are known by their headers, in English and French, in one literal list.

Headers were taken from exports that people published; French ones also from the services' own French
screens, so some may be worded otherwise in a given account: `columns` then names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.file.columns import plain_header
from connectors.imports import rows
from connectors.imports.export import Export, Match, columns_of

_DAY = "date day | jour"
_POST_ID = "post_id publication_id video_asset_id | identifiant_de_la_publication id_de_la_publication identifiant_de_publication"
_PUBLISHED = "publish_time published date_published | heure_de_publication date_de_publication date_et_heure_de_publication"
_PERMALINK = "permalink link url | permalien lien_permanent lien"
_VIEWS = "views impressions | vues"
_LIKES = "likes like_count | j_aime mentions_j_aime nombre_de_j_aime"
_REACTIONS = f"reactions {_LIKES.replace('|', '| ')}"
_COMMENTS = "comments comment_count | commentaires"
_SHARES = "shares share_count | partages"

EXPORTS: Sequence[Export] = (
    Export(
        name="youtube_comments", family="youtube", network="youtube",
        needs=("external_id", "text", "video"), zone="UTC", read=rows.youtube_comment,
        words={
            "external_id": "comment_id | id_du_commentaire",
            "text": "comment_text | texte_du_commentaire",
            "video": "video_id | id_de_la_video",
            "published_at": "comment_create_timestamp | code_temporel_de_creation_du_commentaire",
            "parent": "parent_comment_id | id_du_commentaire_parent",
            "root": "top_level_comment_id | id_du_commentaire_de_premier_niveau",
            "author_id": "channel_id | id_de_la_chaine",
        },
    ),
    Export(
        name="youtube_takeout", family="youtube", network="youtube",
        needs=("external_id", "title", "privacy"), zone="UTC", read=rows.youtube_upload,
        words={
            "external_id": "video_id | id_de_la_video",
            "title": "video_title_original | titre_de_la_video_langue_d_origine titre_de_la_video",
            "text": "video_description_original | description_de_la_video_langue_d_origine",
            "privacy": "privacy | confidentialite",
            "published_at": "video_publish_timestamp video_create_timestamp | code_temporel_de_publication_de_la_video code_temporel_de_creation_de_la_video",
        },
    ),
    Export(
        name="youtube_videos", family="youtube", network="youtube",
        needs=("external_id", "title", "published_at"), never=frozenset({"date"}),
        month_first=True, read=rows.youtube_video,
        words={
            "external_id": "content video video_id | contenu id_de_la_video",
            "title": "video_title | titre_de_la_video",
            "published_at": "video_publish_time | heure_de_publication_de_la_video date_de_publication_de_la_video",
            "views": "views | vues",
            "reactions": _LIKES,
            "replies": "comments_added comments | commentaires_ajoutes commentaires",
            "shares": _SHARES,
        },
    ),
    Export(
        name="youtube_chart", family="youtube", network="youtube",
        needs=("external_id", "title", "day"), read=rows.nothing,
        words={
            "external_id": "content video video_id | contenu id_de_la_video",
            "title": "video_title | titre_de_la_video",
            "day": _DAY,
        },
    ),
    Export(
        name="youtube_days", family="youtube", network="youtube",
        needs=("day", "views", "mark"), never=frozenset({"content", "contenu"}), slot=1,
        zone="America/Los_Angeles", month_first=True,
        words={
            "day": _DAY,
            "views": "views | vues",
            "mark": "watch_time_hours average_view_duration | duree_de_visionnage_heures duree_moyenne_d_une_vue",
        },
    ),
    Export(
        name="meta_comments", family="meta", network=None,
        needs=("external_id", "text", "post"), month_first=True, read=rows.meta_comment,
        words={
            "external_id": "comment_id | identifiant_du_commentaire id_du_commentaire",
            "text": "comment comment_text message text | commentaire texte_du_commentaire texte",
            "post": f"media_id {_POST_ID}",
            "parent": "parent_comment_id parent_id reply_to | identifiant_du_commentaire_parent id_du_commentaire_parent",
            "author": "author from user name commenter | auteur nom utilisateur",
            "author_handle": "username | nom_d_utilisateur",
            "published_at": f"comment_date created_time date timestamp {_PUBLISHED.replace('|', '| date_du_commentaire')}",
            "url": "comment_permalink comment_link permalink post_permalink link url | permalien lien_permanent lien",
            "reactions": _REACTIONS,
            "network": "platform network | plateforme reseau",
        },
    ),
    Export(
        name="instagram_posts", family="meta", network="instagram",
        needs=("external_id", "published_at", "handle"), month_first=True, read=rows.instagram_post,
        words={
            "external_id": _POST_ID,
            "handle": "account_username account_name | nom_d_utilisateur_du_compte nom_du_compte",
            "account_id": "account_id | identifiant_du_compte id_du_compte",
            "text": "description caption | legende",
            "published_at": _PUBLISHED,
            "url": _PERMALINK,
            "type": "post_type | type_de_publication",
            "period": "date",
            "views": _VIEWS,
            "reactions": _LIKES,
            "replies": _COMMENTS,
            "shares": _SHARES,
        },
    ),
    Export(
        name="facebook_posts", family="meta", network="facebook",
        needs=("external_id", "published_at", "page_id|page|reach"), month_first=True,
        read=rows.facebook_post,
        words={
            "external_id": _POST_ID,
            "page_id": "page_id | id_de_la_page identifiant_de_la_page",
            "page": "page_name | nom_de_la_page",
            "reach": "reach | couverture portee",
            "title": "title | titre",
            "text": "description caption message | legende texte",
            "published_at": _PUBLISHED,
            "url": _PERMALINK,
            "type": "post_type | type_de_publication",
            "period": "date",
            "views": _VIEWS,
            "reactions": _REACTIONS,
            "replies": _COMMENTS,
            "shares": _SHARES,
        },
    ),
    Export(
        name="meta_days", family="meta", network=None,
        needs=("day", "views"), slot=1, month_first=True, titled=True,
        words={"day": "date", "views": "primary | principal principale"},
    ),
    Export(
        name="linkedin_posts", family="linkedin", network="linkedin",
        needs=("url", "text", "published_at"), zone="UTC", month_first=True, read=rows.linkedin_post,
        words={
            "url": "post_link update_link | lien_du_post lien_vers_le_post lien_de_la_publication lien_de_la_mise_a_jour",
            "text": "post_title update_title | titre_du_post titre_de_la_publication titre_de_la_mise_a_jour",
            "published_at": "created_date posted_date | date_de_creation date_de_publication cree_le",
            "type": "content_type | type_de_contenu",
            "views": "impressions",
            "reactions": f"reactions {_LIKES}",
            "replies": _COMMENTS,
            "shares": "reposts shares | republications partages",
        },
    ),
    Export(
        name="linkedin_days", family="linkedin", network="linkedin",
        needs=("day", "views"), slot=1, zone="UTC", month_first=True,
        words={
            "day": _DAY,
            "views": "impressions_total | impressions_totales total_des_impressions",
        },
    ),
    Export(
        name="linkedin_followers", family="linkedin", network="linkedin",
        needs=("day", "followers", "part"), zone="UTC", month_first=True,
        words={
            "day": _DAY,
            "followers": "total_followers total_followers_date_wise | nombre_total_d_abonnes total_des_abonnes total_d_abonnes abonnes_au_total",
            "part": "organic_followers | abonnes_organiques abonnes_naturels",
            "part_2": "sponsored_followers | abonnes_sponsorises",
            "part_3": "auto_invited_followers | abonnes_invites_automatiquement",
        },
    ),
    Export(
        name="linkedin_visitors", family="linkedin", network="linkedin",
        needs=("day", "views"), slot=2, zone="UTC", month_first=True,
        words={
            "day": _DAY,
            "views": "total_page_views_total overview_page_views_total | nombre_total_de_pages_vues_total total_des_pages_vues_total pages_vues_vue_d_ensemble_total pages_vues_total",
        },
    ),
    Export(
        name="x_posts", family="x", network="x",
        needs=("external_id", "text", "published_at"), zone="UTC", month_first=True,
        read=rows.x_post,
        words={
            "external_id": "post_id tweet_id | id_du_post id_du_tweet",
            "text": "post_text tweet_text | texte_du_post texte_du_tweet",
            "published_at": "date time | heure",
            "url": "post_link tweet_permalink | lien_du_post permalien_du_tweet",
            "views": "impressions",
            "reactions": f"favorites {_LIKES}",
            "replies": "replies | reponses",
            "shares": "reposts retweets",
        },
    ),
    Export(
        name="x_days", family="x", network="x",
        needs=("day", "views", "mark"), slot=1, zone="UTC", month_first=True,
        words={
            "day": _DAY,
            "views": "impressions",
            "mark": "new_follows unfollows profile_visits | nouveaux_abonnements visites_du_profil",
        },
    ),
    Export(
        name="trustpilot", family="trustpilot", network="trustpilot",
        needs=("external_id", "rating", "text|title"), zone="UTC", read=rows.trustpilot_review,
        words={
            "external_id": "review_id | id_de_l_avis identifiant_de_l_avis",
            "rating": "review_stars stars review_rating | etoiles_de_l_avis nombre_d_etoiles etoiles note",
            "title": "review_title | titre_de_l_avis",
            "text": "review_content review_text review_body | contenu_de_l_avis texte_de_l_avis",
            "published_at": "review_created_utc review_created review_date created_at | date_de_creation_de_l_avis_utc date_de_l_avis date_de_creation",
            "author": "review_username reviewer_name consumer_name | nom_d_utilisateur_de_l_avis nom_de_l_auteur",
            "author_id": "review_consumer_user_id consumer_id",
            "language": "review_language language | langue_de_l_avis langue",
            "url": "review_url review_link | url_de_l_avis lien_de_l_avis",
            "reply": "company_reply business_reply company_reply_text reply_text | reponse_de_l_entreprise",
            "replied_at": "company_reply_date_utc company_reply_date business_reply_date_utc reply_date | date_de_la_reponse_de_l_entreprise_utc date_de_la_reponse",
        },
    ),
    Export(
        name="tiktok_videos", family="tiktok", network="tiktok",
        needs=("url", "published_at", "text"), month_first=True, read=rows.tiktok_video,
        words={
            "url": "video_link post_link | lien_de_la_video lien_video",
            "published_at": "post_time posted_time publish_time | heure_de_publication date_de_publication",
            "text": "video_title post_title | titre_de_la_video",
            "views": "total_views video_views views | vues_totales nombre_total_de_vues vues",
            "reactions": "total_likes likes | total_de_j_aime nombre_total_de_j_aime j_aime_total j_aime",
            "replies": "total_comments comments | commentaires_totaux nombre_total_de_commentaires commentaires",
            "shares": "total_shares shares | partages_totaux nombre_total_de_partages partages",
        },
    ),
    Export(
        name="tiktok_followers", family="tiktok", network="tiktok",
        needs=("day", "followers", "mark"), month_first=True,
        words={
            "day": _DAY,
            "followers": "followers | abonnes followers",
            "mark": "difference_in_followers_from_previous_day | difference_d_abonnes_par_rapport_au_jour_precedent",
        },
    ),
    Export(
        name="tiktok_days", family="tiktok", network="tiktok",
        needs=("day", "views", "mark"), slot=1, month_first=True,
        words={
            "day": _DAY,
            "views": "video_views | vues_de_la_video vues_des_videos",
            "mark": "profile_views | vues_du_profil",
        },
    ),
)  # fmt: skip


def match(headers: Sequence[str], named: Mapping[str, str], family: str) -> Match | None:
    """The first export whose headers these are; `named`: plain header → field, as the operator says."""
    places: dict[str, int] = {}
    for place, header in enumerate(headers):
        places.setdefault(plain_header(header), place)
    for export in EXPORTS:
        if family in ("auto", export.family) and (found := columns_of(export, places, named)):
            french = any(name in export.french for name in places)
            return Match(export=export, columns=found, french=french)
    return None
