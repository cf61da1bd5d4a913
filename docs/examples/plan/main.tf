# A support policy for a developer of Lanternworks. It looks harmless, and opens a path: who can create an instance,
# pass any role to it and run commands in it, acts as that role.

resource "alicloud_ram_policy" "support" {
  policy_name = "ECISupport"
  policy_document = jsonencode({
    Version = "1"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["eci:CreateContainerGroup", "eci:ExecContainerCommand", "eci:Describe*"]
        Resource = ["*"]
      },
      {
        Effect   = "Allow"
        Action   = ["ram:PassRole"]
        Resource = ["acs:ram:*:*:role/*"]
      },
    ]
  })
}

resource "alicloud_ram_user_policy_attachment" "support" {
  policy_name = alicloud_ram_policy.support.policy_name
  policy_type = alicloud_ram_policy.support.type
  user_name   = "li.na"
}
