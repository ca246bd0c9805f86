# The examples on background work run as they are, and show what they say they do.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')

    function Invoke-Example([string] $Name) {
        $process = Open-Pwsh "& '$root/examples/$Name.ps1' -Speed 20"
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        $process.WaitForExit(120000) | Should -BeTrue
        $errors.Result | Should -BeNullOrEmpty
        $process.ExitCode | Should -Be 0
        $output.Result -replace '\e\[[\d;]*m'
    }
}

Describe 'The example <Name>' -ForEach @(
    @{ Name = 'BackgroundJobs'; Shows = '(?s)north.*Completed.*Processing completed successfully.*InputRequired.*A table for 4 inside.*Stopped' }
    @{ Name = 'ResumeTomorrow'; Shows = '(?s)book_table.*It asks: A table at Luigi.*A table for 2 inside' }
) {
    It 'runs' {
        Invoke-Example $Name | Should -Match $Shows
    }
}
