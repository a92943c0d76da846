"""The pages of the admin: ``pages`` shows keys, ``changes`` issues and changes them, ``verbs`` says how."""
