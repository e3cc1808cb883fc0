"""The one model that the project ships: where on a library floor was this beacon scan taken?"""
