"""CreditSupervisionService: decode, call, encode."""
