"""How bad, in what language, how far it will go, who may be recognised. Usable alone:

    from classifiers.classifier import Sample
    from classifiers.panel import Panel
    Panel().score([Sample(text="Neuf heures d'attente, une honte", followers=1200)])

In an event loop use `classifiers.client.ScorerClient`, which keeps the models in another process.
"""
