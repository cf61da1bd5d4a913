"""The account after a change (design A12): a Terraform plan or an overlay, laid over the evidence.

`load` reads the files, `changes_for` picks the changes of each account, `lay` gives the planned inventory, and
`effect` compares the rows of the planned account with those of the account as it is.
"""
