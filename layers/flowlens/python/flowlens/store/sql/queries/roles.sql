-- :name set_password
ALTER ROLE {role} PASSWORD {verifier}
