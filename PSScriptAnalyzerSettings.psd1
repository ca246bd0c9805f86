@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # The build, the demo and the tests speak to a person at a console.
        'PSAvoidUsingWriteHost'
        # Pester's BeforeAll assigns what its It blocks use; the rule cannot see across script blocks.
        'PSUseDeclaredVarsMoreThanAssignments'
        # PowerShell 7 reads UTF-8 without one.
        'PSUseBOMForUnicodeEncodedFile'
    )
    Rules        = @{
        PSUseConsistentIndentation = @{
            Enable              = $true
            IndentationSize     = 4
            Kind                = 'space'
            PipelineIndentation = 'IncreaseIndentationForFirstPipeline'
        }
        PSUseConsistentWhitespace  = @{ Enable = $true; IgnoreAssignmentOperatorInsideHashTable = $true }
        PSPlaceOpenBrace           = @{ Enable = $true; OnSameLine = $true }
        PSUseCompatibleSyntax      = @{ Enable = $true; TargetVersions = @('7.4') }
    }
}
