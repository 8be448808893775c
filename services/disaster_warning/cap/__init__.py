"""The Common Alerting Protocol: documents, their building, reading, checking and signing.

``document`` is what a message says. ``gate`` lets in XML that cannot do harm, ``parse`` turns it
into a document, ``build`` writes one, ``validate`` says everything that is wrong with one,
``profile`` what China's national release system asks on top, ``signature`` who has signed it, and
``foreign`` takes in what others publish.
"""
