"Questions on tables in French, Spanish and Chinese: read by their own words, declined where they ask for more."

import pytest

from kbase.querying.table_answers import query_table
from kbase.tables import Table

TABLES = {
    "fr": Table(
        (
            ("Pont", "Ville", "Longueur (m)", "Ouverture", "Coût (€)"),
            ("Pont Neuf", "Paris", "238", "1607", "1200"),
            ("Pont d'Aquitaine", "Bordeaux", "1767", "1967", "5400"),
            ("Pont de Saint-Nazaire", "Saint-Nazaire", "3356", "1975", "9800"),
            ("Pont Jacques-Chaban-Delmas", "Bordeaux", "575", "2013", "7200"),
        ),
        title="Ponts de France",
    ),
    "es": Table(
        (
            ("Puente", "Ciudad", "Longitud (m)", "Apertura", "Coste (€)"),
            ("Puente Romano", "Córdoba", "247", "1703", "1200"),
            ("Puente de Triana", "Sevilla", "150", "1852", "5400"),
            ("Puente del Alamillo", "Sevilla", "250", "1992", "9800"),
            ("Puente de Vizcaya", "Bilbao", "164", "1893", "7200"),
        ),
        title="Puentes de España",
    ),
    "zh": Table(
        (
            ("桥梁", "城市", "长度", "建成", "价格"),
            ("赵州桥", "石家庄", "64", "605", "1200"),
            ("南京长江大桥", "南京", "4589", "1968", "5400"),
            ("杭州湾大桥", "宁波", "36000", "2008", "9800"),
            ("南京二桥", "南京", "2938", "2001", "7200"),
        ),
        title="中国的桥",
    ),
}
ASKED = [  # language, question, the only value; "" for a question that is not answered
    ("fr", "Quel est le pont le plus long ?", "Pont de Saint-Nazaire"),
    ("fr", "Combien de ponts y a-t-il à Bordeaux ?", "2"),
    ("fr", "En quelle année a ouvert le Pont Neuf ?", "1607"),
    ("fr", "Dans quelle ville se trouve le Pont d'Aquitaine ?", "Bordeaux"),
    ("fr", "Quel est le pont le plus cher ?", "Pont de Saint-Nazaire"),
    ("fr", "Quelle est la longueur moyenne des ponts ?", "1,484"),
    ("fr", "Quels ponts ont été ouverts avant 1700 ?", "Pont Neuf"),
    ("fr", "Combien de ponts sont plus longs que 1000 m ?", "2"),
    ("fr", "Quelle est la longueur du Pont Neuf ?", "238"),
    ("fr", "Quel est le pont le plus ancien ?", "Pont Neuf"),
    ("fr", "Pourquoi le Pont Neuf est-il long ?", ""),
    ("fr", "Quel est le plus beau pont ?", ""),
    ("fr", "Quel est le coût total des ponts ?", "23,600"),
    ("es", "¿Cuál es el puente más largo?", "Puente del Alamillo"),
    ("es", "¿Cuántos puentes hay en Sevilla?", "2"),
    ("es", "¿En qué año abrió el Puente de Triana?", "1852"),
    ("es", "¿En qué ciudad está el Puente de Vizcaya?", "Bilbao"),
    ("es", "¿Cuál es el puente más caro?", "Puente del Alamillo"),
    ("es", "¿Cuál es la longitud media de los puentes?", "202.75"),
    ("es", "¿Qué puentes se abrieron antes de 1800?", "Puente Romano"),
    ("es", "¿Cuántos puentes miden más de 200 m?", "2"),
    ("es", "¿Cuánto cuesta el Puente Romano?", "1200"),
    ("es", "¿Cuál es el puente más bonito?", ""),
    ("es", "¿Por qué es largo el Puente Romano?", ""),
    ("es", "¿Cuál es el puente más antiguo?", "Puente Romano"),
    ("zh", "哪座桥梁最长？", "杭州湾大桥"),
    ("zh", "南京有多少座桥梁？", "2"),
    ("zh", "赵州桥在哪个城市？", "石家庄"),
    ("zh", "哪座桥梁的价格最高？", "杭州湾大桥"),
    ("zh", "赵州桥是哪一年建成的？", "605"),
    ("zh", "桥梁的平均长度是多少？", "10,897.75"),
    ("zh", "南京二桥的长度是多少？", "2938"),
    ("zh", "为什么赵州桥很长？", ""),
    ("zh", "哪座桥梁最漂亮？", ""),
    ("zh", "长度超过3000的桥梁有几座？", "2"),
    ("zh", "最便宜的桥梁是什么？", "赵州桥"),
]


@pytest.mark.parametrize(("language", "question", "value"), ASKED)
def test_a_question_in_its_own_language(language: str, question: str, value: str) -> None:
    answer = query_table(question, TABLES[language], language=language)
    assert answer.values == ((value,) if value else ()) and answer.declined == (not value), answer


def test_the_language_is_found() -> None:
    assert query_table("Dans quelle ville se trouve le Pont d'Aquitaine ?", TABLES["fr"]).values == ("Bordeaux",)
    assert query_table("¿En qué ciudad está el Puente de Vizcaya?", TABLES["es"]).values == ("Bilbao",)
    assert query_table("赵州桥在哪个城市?", TABLES["zh"]).values == ("石家庄",)
