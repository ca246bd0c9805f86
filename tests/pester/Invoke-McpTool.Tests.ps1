# Invoke-McpTool: how arguments get in, what comes out, and how it fails. Progress and stopping have files of their own.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $sample = Connect-Sample
    $results = Connect-Faulty error-result
    $faulty = Connect-Faulty echo
}

AfterAll {
    Disconnect-All
}

Describe 'The arguments of Invoke-McpTool' {
    It 'are taken as <Kind>, by position' -ForEach @(
        @{ Kind = 'a hashtable'; Argument = @{ items = 'a', 'b' } }
        @{ Kind = 'an ordered dictionary'; Argument = [ordered]@{ ITEMS = 'a', 'b' } }
        @{ Kind = 'an object'; Argument = [pscustomobject]@{ items = 'a', 'b' } }
        @{ Kind = 'JSON text'; Argument = '{"items":["a","b"]}' }
    ) {
        $result = Invoke-McpTool process_items $Argument -Server $sample
        $result.processed | Should -Be 2
        $result.results | Should -BeExactly 'A', 'B'
    }

    It 'are converted by the schema: <Case>' -ForEach @(
        @{ Case = 'text to integers'; Argument = @{ filename = 'f'; size_mb = '2' }; Gives = 'Successfully downloaded f (2MB)' }
        @{ Case = 'a whole double to an integer'; Argument = @{ filename = 'f'; size_mb = 2.0 }; Gives = 'Successfully downloaded f (2MB)' }
        @{ Case = 'numbers to text'; Argument = @{ filename = 7; size_mb = 1 }; Gives = 'Successfully downloaded 7 (1MB)' }
    ) {
        Invoke-McpTool download_file $Argument -Server $sample | Should -BeExactly $Gives
    }

    It 'are made an array where the schema wants one' {
        (Invoke-McpTool process_items @{ items = 'single' } -Server $sample).results | Should -BeExactly 'SINGLE'
    }

    It 'are null where a command put out nothing' {
        function global:Show-Given { [CmdletBinding()] param([object] $Any) ConvertTo-Json $Any -Compress }
        try {
            $server = Start-McpProgressServer -Http -Command Show-Given -Connect -Name given
            Invoke-McpTool Show-Given @{ Any = @{ a = & { } } } -Server $server | Should -Be '{"a":null}'
        } finally {
            Remove-Item Function:/Show-Given
            Stop-McpProgressServer given
        }
    }

    It 'may be any text' {
        $text = "line`r`nbreak, tab`t, grønn, 日本, 👩‍🚀, `"quotes`", \, $([char] 0)"
        Invoke-McpTool echo @{ text = $text } -Server $sample | Should -BeExactly $text
    }

    It 'come from piped <Kind>, one call each' -ForEach @(
        @{ Kind = 'hashtables'; Objects = @{ text = 'a' }, @{ text = 'b' } }
        @{ Kind = 'objects, with properties of no concern'; Objects = [pscustomobject]@{ text = 'a'; other = 1 }, [pscustomobject]@{ Text = 'b' } }
        @{ Kind = 'plain values, for the one argument there is'; Objects = 'a', 'b' }
    ) {
        $Objects | Invoke-McpTool echo -Server $sample | Should -BeExactly 'a', 'b'
    }

    It 'come from pipe and -Argument together, the pipe winning' {
        'a', 'b' | Invoke-McpTool download_file @{ size_mb = 1 } -Server $sample |
            Should -Be 'Successfully downloaded a (1MB)', 'Successfully downloaded b (1MB)'
        [pscustomobject]@{ size_mb = 2 } | Invoke-McpTool download_file @{ size_mb = 1; filename = 'f' } -Server $sample |
            Should -Be 'Successfully downloaded f (2MB)'
    }

    It 'come from properties of real objects' {
        $file = New-Item "$TestDrive/report.txt" -Value x
        $file | Select-Object @{ n = 'filename'; e = { $_.Name } }, @{ n = 'size_mb'; e = { $_.Length } } | Invoke-McpTool download_file -Server $sample |
            Should -Be 'Successfully downloaded report.txt (1MB)'
    }

    It 'are not what a piped object has no value for, where the tool takes no null' {
        [pscustomobject]@{ serial = '1'; edition = $null; shade = $null }, @{ serial = $null; colour = 'RED' } | Invoke-McpTool arguments -Server $results |
            Should -BeExactly '{"serial":"1","edition":null}', '{"serial":null,"colour":"red"}'
    }

    It 'say McpInvalidArgument before anything is sent: <Case>' -ForEach @(
        @{ Case = 'not JSON'; Tool = 'echo'; Argument = '{ "text": '; Says = 'JSON' }
        @{ Case = 'JSON that is no object'; Tool = 'echo'; Argument = '[1]'; Says = 'object' }
        @{ Case = 'a required one is missing'; Tool = 'download_file'; Argument = @{ filename = 'f' }; Says = "'size_mb'" }
        @{ Case = 'the wrong type'; Tool = 'download_file'; Argument = @{ filename = 'f'; size_mb = 'large' }; Says = 'size_mb.*large.*integer' }
        @{ Case = 'a fraction for an integer'; Tool = 'download_file'; Argument = @{ filename = 'f'; size_mb = 1.5 }; Says = 'size_mb.*1.5.*integer' }
        @{ Case = 'a number as -Argument'; Tool = 'echo'; Argument = 5; Says = 'hashtable' }
    ) {
        $null = Get-McpTool -Server $sample
        $before = $sample.Statistics.MessagesOut
        $failure = Get-Failure { Invoke-McpTool $Tool $Argument -Server $sample }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
        "$failure" | Should -Match $Says
        $sample.Statistics.MessagesOut | Should -Be $before
    }

    It 'say how a text is given that is no JSON: <Says>' -ForEach @(
        @{ Tool = 'echo'; Text = 'hello'; Says = 'If it is the argument ''text'', write -text hello' }
        @{ Tool = 'echo'; Text = 'hello there'; Says = 'write -text ''hello there''' }
        @{ Tool = 'download_file'; Text = 'big.iso'; Says = 'write -filename big.iso' }
    ) {
        "$(Get-Failure { Invoke-McpTool $Tool $Text -Server $sample })" | Should -BeLike "*not valid JSON*$Says"
    }

    It 'say McpInvalidArgument for a plain value that could be any of several' {
        $failure = Get-Failure { 5 | Invoke-McpTool add -Server $faulty }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -Match 'a, b'
    }

    It 'say McpInvalidArgument for a piped <Kind> that has none of them' -ForEach @(
        @{ Kind = 'object'; Piped = [pscustomobject]@{ zz = 1 }; Tool = 'echo'; Says = "none of the arguments of 'echo': text" }
        @{ Kind = 'hashtable'; Piped = @{}; Tool = 'analyze_data'; Says = "none of the arguments of 'analyze_data': " }
        @{ Kind = 'value'; Piped = 5; Tool = 'run_forever'; Says = "'run_forever' declares no arguments" }
        @{ Kind = 'list'; Piped = @(1, 2); Tool = 'echo'; Says = "list can be none of the arguments of 'echo'.*one by one" }
    ) {
        $failure = Get-Failure { Invoke-McpTool $Tool -InputObject $Piped -Server $sample }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -Match $Says
    }

    It 'take a piped list for the one that takes lists' {
        (, ('a', 'b') | Invoke-McpTool process_items -Server $sample).results | Should -BeExactly 'A', 'B'
        (Invoke-McpTool process_items -InputObject a, b -Server $sample).results | Should -BeExactly 'A', 'B'
        (, [System.Collections.Generic.List[object]]('a', 2) | Invoke-McpTool process_items -Server $sample).results | Should -BeExactly 'A', '2'
    }

    It 'say McpInvalidArgument for one that contains itself' {
        $loop = @{}
        $loop.text = $loop
        (Get-Failure { Invoke-McpTool echo $loop -Server $sample }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }

    It 'go on with the next piped object after a wrong one' {
        $output = @{ text = 'a' }, @{ wrong = 'b' }, @{ text = 'c' } | Invoke-McpTool echo -Server $sample -ErrorVariable failures -ErrorAction SilentlyContinue

        $output | Should -Be 'a', 'c'
        $failures.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }
}

Describe 'The server and the tool of Invoke-McpTool' {
    It 'are the newest connection, -Server, or piped' {
        Invoke-McpTool add @{ a = 1; b = 2 } | ForEach-Object { "$($_.sum ?? $_)" } | Should -Match '3'
        Invoke-McpTool echo @{ text = 'by name' } -Server sample | Should -Be 'by name'
        Invoke-McpTool -Server $sample -Name echo -Argument @{ text = 'all named' } | Should -Be 'all named'
        $sample | Invoke-McpTool echo @{ text = 'piped connection' } | Should -Be 'piped connection'
        Get-McpTool echo -Server $sample | Invoke-McpTool -Argument @{ text = 'piped tool' } | Should -Be 'piped tool'
        $faulty, $faulty | Invoke-McpTool echo @{ message = 'twice' } | Should -Be 'twice', 'twice'
    }

    It 'say McpToolNotFound with the nearest names' {
        $failure = Get-Failure { Invoke-McpTool proces_data @{} -Server $sample }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpToolNotFound,*'
        "$failure" | Should -Match 'process_data'
    }

    It 'say McpServerNotFound with the nearest names' {
        $failure = Get-Failure { Invoke-McpTool echo -Server smaple }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        "$failure" | Should -Match 'sample'
    }

    It 'must be named' {
        (Get-Failure { Invoke-McpTool -Server $sample }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }
}

Describe 'The output of Invoke-McpTool' {
    It 'is the structured content as an object' {
        $weather = Invoke-McpTool structured -Server $results

        $weather.city | Should -BeExactly 'Oslo'
        $weather.degrees | Should -Be -3.5
        $weather.degrees | Should -BeOfType [double]
    }

    It 'is the items of a list that a server says it has put an object around' {
        Invoke-McpTool wrapped -Server $results | ForEach-Object { $_ + 1 } | Should -Be 2, 3
        (Invoke-McpTool wrapped -Server $results -Raw).structuredContent.result | Should -Be 1, 2
    }

    It 'is one string a text block, and objects for the rest, in order' {
        Invoke-McpTool text -Server $results | Should -BeOfType [string]
        $mixed = Invoke-McpTool mixed -Server $results

        $mixed.Count | Should -Be 3
        $mixed[0], $mixed[2] | Should -BeOfType [string]
        $mixed[1].GetType().FullName | Should -Be 'McpProgress.McpMedia'
    }

    It 'is the bytes of <_> with their type' -ForEach 'image', 'audio' {
        $media = Invoke-McpTool $_ -Server $results

        $media.Type | Should -Be $_
        $media.MimeType | Should -Match "^$_/"
        , $media.Data | Should -BeOfType [byte[]]
        $media.Data.Length | Should -BeGreaterThan 10
    }

    It 'is a resource or a link to one' {
        (Invoke-McpTool resource -Server $results).Text | Should -Be 'all is well'
        $link = Invoke-McpTool resource-link -Server $results
        $link.Uri | Should -Be 'file:///report.txt'
        $link.Text | Should -BeNullOrEmpty
    }

    It 'is nothing for a result without content, and the block itself for content nobody knows' {
        Invoke-McpTool nothing -Server $results | Should -BeNullOrEmpty
        (Invoke-McpTool unknown-content -Server $results).type | Should -Be 'hologram'
    }

    It 'is the first of each where a server gives members twice' {
        $structured = Invoke-McpTool structured-twice -Server $results
        $structured.city | Should -BeExactly 'Oslo'
        $structured.place.n | Should -Be 1
        (Invoke-McpTool structured-twice -Server $results -Raw).structuredContent.city | Should -BeExactly 'Oslo'
        (Invoke-McpTool text-twice -Server $results).text | Should -BeExactly 'first'
    }

    It 'has an underscore before a name that no property can have' {
        $structured = Invoke-McpTool structured-odd -Server $results
        $structured._ | Should -Be 1
        $structured._PSObject._pstypenames | Should -Be 2
        ((Invoke-McpTool structured-odd -Server $results -Raw).structuredContent | ConvertTo-Json | ConvertFrom-Json)._ | Should -Be 1

        $job = Invoke-McpTool structured-odd -Server $results -AsJob
        $null = Wait-McpTask $job
        $job.State | Should -Be 'Completed'
        (Receive-Job $job)._ | Should -Be 1
        Remove-Job $job -Force
    }

    It 'keeps every digit of a whole number' {
        $structured = Invoke-McpTool structured-odd -Server $results
        "$($structured.id) $($structured.whole)" | Should -BeExactly '18446744073709551615 123456789012345678901234567890'
        # PowerShell writes a BigInteger as a number since 7.5.
        $structured | ConvertTo-Json -Compress -Depth 1 -WarningAction Ignore | Should -BeLike '*:18446744073709551615,*'
    }

    It 'is the whole result with -Raw, an error too' {
        $raw = Invoke-McpTool structured -Server $results -Raw
        $raw.structuredContent.city | Should -Be 'Oslo'
        $raw.content[0].type | Should -Be 'text'

        $failed = Invoke-McpTool tool-error -Server $results -Raw
        $failed.isError | Should -BeTrue
        $failed.content[0].text | Should -Be 'The printer is on fire.'
    }
}

Describe 'The errors of Invoke-McpTool' {
    It 'are McpToolError with the tool''s text, and do not end the pipeline' {
        $output = 'tool-error', 'text' | ForEach-Object { Invoke-McpTool $_ -Server $results -ErrorVariable +failures -ErrorAction SilentlyContinue }

        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'McpToolError,*'
        "$($failures[0])" | Should -Be 'The printer is on fire.'
        $failures[0].TargetObject | Should -Be 'tool-error'
        $output | Should -Not -BeNullOrEmpty
    }

    It 'end it with -ErrorAction Stop' {
        { Invoke-McpTool tool-error -Server $results -ErrorAction Stop } | Should -Throw 'The printer is on fire.' -ErrorId 'McpToolError,*'
    }

    It 'are McpProtocolError for a JSON-RPC error' {
        $failure = Get-Failure { Invoke-McpTool rpc-error -Server $results }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpProtocolError,*'
        "$failure" | Should -Match 'lost its marbles'
    }

    It 'are McpConnectionLost with the last fifty lines of the error output when the server dies' {
        $connection = Connect-Faulty die-on-call
        $failure = Get-Failure { Invoke-McpTool die -Server $connection }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost,*'
        "$failure" | Should -Match 'exit code 3'
        "$failure" | Should -Match 'stderr line 60'
        "$failure" | Should -Match 'stderr line 11\b'
        "$failure" | Should -Not -Match 'stderr line 10\b'
        $connection.Status | Should -Be 'Lost'
        Wait-Until { Test-ProcessGone $connection.ProcessId }
    }

    It 'are McpConnectionLost when the server dies in the middle of a line' {
        $connection = Connect-Faulty half-line
        (Get-Failure { Invoke-McpTool half -Server $connection }).FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost,*'
    }

    It 'are McpConnectionLost when an HTTP response is cut' {
        $server = Open-FaultyHttp cut
        try {
            $connection = Connect-McpServer -Uri $server.Uri -Name cut
            $failure = Get-Failure { Invoke-McpTool cut -Server $connection -ProgressVariable updates -IdleTimeoutSec 10 }
        } finally {
            $server.Process.Kill()
        }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost,*'
    }

    It 'do not come from answers with an id nobody gave' {
        $connection = Connect-Faulty unknown-id
        Invoke-McpTool echo @{ message = 'mine' } -Server $connection | Should -BeExactly 'mine'
    }

    It 'do not come from a message of 70 MB: it is counted and skipped' {
        $connection = Connect-Faulty huge-line
        Invoke-McpTool huge -Server $connection | Should -Be 'still here'
        $connection.Statistics.UnreadableLines | Should -Be 1
    }

    It 'are <Id> after <Parameter>, and the connection lives on' -ForEach @(
        @{ Id = 'McpIdleTimeout'; Parameter = 'IdleTimeoutSec'; Mode = 'no-progress' }
        @{ Id = 'McpTimeout'; Parameter = 'TimeoutSec'; Mode = 'never-result' }
    ) {
        $connection = Connect-Faulty $Mode
        $splat = @{ $Parameter = 0.4 }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $failure = Get-Failure { Invoke-McpTool never -Server $connection @splat }

        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        "$failure" | Should -Match "-$Parameter"
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        (Invoke-McpTool cancelled -Server $connection).ids.Count | Should -Be 1
    }

    It 'are not McpIdleTimeout while progress comes' {
        $connection = Connect-Faulty never-result -Name busy
        (Get-Failure { Invoke-McpTool never -Server $connection -IdleTimeoutSec 1.5 -TimeoutSec 3 }).FullyQualifiedErrorId | Should -BeLike 'McpTimeout,*'
    }

    It 'are McpIdleTimeout after the connection''s own limit' {
        $connection = Connect-McpServer -Command dotnet -ArgumentList $faultyServer, 'no-progress' -IdleTimeoutSec 0.4
        (Get-Failure { Invoke-McpTool never -Server $connection }).FullyQualifiedErrorId | Should -BeLike 'McpIdleTimeout,*'
    }
}
