# The conformance suite's tools as PowerShell commands: what they say and ask is said and asked the way any command does it.

$image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
$sound = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='

function test_simple_text {
    <# .SYNOPSIS Returns text. #>
    [CmdletBinding()] param()

    'This is a simple text response for testing.'
}

function test_image_content {
    <# .SYNOPSIS Returns an image. #>
    [CmdletBinding()] param()

    [pscustomobject]@{ PSTypeName = 'McpProgress.McpMedia'; Type = 'image'; MimeType = 'image/png'; Data = [Convert]::FromBase64String($image) }
}

function test_audio_content {
    <# .SYNOPSIS Returns a sound. #>
    [CmdletBinding()] param()

    [pscustomobject]@{ PSTypeName = 'McpProgress.McpMedia'; Type = 'audio'; MimeType = 'audio/wav'; Data = [Convert]::FromBase64String($sound) }
}

function test_embedded_resource {
    <# .SYNOPSIS Returns a resource. #>
    [CmdletBinding()] param()

    [pscustomobject]@{
        PSTypeName = 'McpProgress.McpResource'; Type = 'resource'
        Uri = 'test://embedded-resource'; MimeType = 'text/plain'; Text = 'This is an embedded resource content.'
    }
}

function test_multiple_content_types {
    <# .SYNOPSIS Returns text, an image and a resource. #>
    [CmdletBinding()] param()

    'Multiple content types test:'
    test_image_content
    [pscustomobject]@{
        PSTypeName = 'McpProgress.McpResource'; Type = 'resource'
        Uri = 'test://mixed-content-resource'; MimeType = 'application/json'; Text = '{"test":"data","value":123}'
    }
}

function test_tool_with_logging {
    <# .SYNOPSIS Sends log messages. #>
    [CmdletBinding()] param()

    foreach ($message in 'Tool execution started', 'Tool processing data', 'Tool execution completed') {
        Write-Information $message -InformationAction Continue
        Start-Sleep -Milliseconds 50
    }
    'Tool with logging executed successfully.'
}

function test_tool_with_progress {
    <# .SYNOPSIS Reports progress. #>
    [CmdletBinding()] param()

    foreach ($percent in 0, 50, 100) {
        Write-Progress -Activity 'Working' -Status "Completed step $percent of 100" -PercentComplete $percent
        # A server sends twenty updates a second; here each is to be seen.
        Start-Sleep -Milliseconds 100
    }
    'Tool with progress executed successfully.'
}

function test_error_handling {
    <# .SYNOPSIS Fails. #>
    [CmdletBinding()] param()

    throw 'This tool intentionally returns an error for testing'
}

function Read-Form {
    # One form of fields with schemas of their own.
    param([string] $Message, [System.Collections.IDictionary] $Schema)

    $fields = foreach ($name in $Schema.Keys) {
        $field = [System.Management.Automation.Host.FieldDescription]::new($name)
        $field.IsMandatory = [bool] $Schema[$name].required
        $field | Add-Member -NotePropertyName Schema -NotePropertyValue $Schema[$name].schema -PassThru
    }
    $Host.UI.Prompt('', $Message, @($fields))
}

function test_elicitation {
    <# .SYNOPSIS Asks the user. #>
    [CmdletBinding()] param([Parameter(Mandatory)][string] $message)

    $fields = [System.Management.Automation.Host.FieldDescription]::new('username'), [System.Management.Automation.Host.FieldDescription]::new('email')
    $answer = $Host.UI.Prompt('', $message, $fields)
    "User response: $($answer.username), $($answer.email)"
}

function test_elicitation_sep1034_defaults {
    <# .SYNOPSIS Asks with defaults. #>
    [CmdletBinding()] param()

    $defaults = [ordered]@{ name = 'John Doe'; age = 30; score = 95.5; verified = $true }
    $fields = foreach ($name in $defaults.Keys) {
        $field = [System.Management.Automation.Host.FieldDescription]::new($name)
        $field.SetParameterType($defaults[$name].GetType())
        $field.DefaultValue = $defaults[$name]
        $field
    }
    $status = [System.Management.Automation.Host.FieldDescription]::new('status')
    $status | Add-Member -NotePropertyName Schema -NotePropertyValue @{ type = 'string'; enum = 'active', 'inactive', 'pending'; default = 'active' }
    $answer = $Host.UI.Prompt('', 'Please review and update the form fields with defaults', @($fields) + $status)
    "Elicitation completed: $($answer.name), $($answer.age), $($answer.score), $($answer.status), $($answer.verified)"
}

function test_elicitation_sep1330_enums {
    <# .SYNOPSIS Asks with every kind of enumeration. #>
    [CmdletBinding()] param()

    $titled = @{ const = 'value1'; title = 'First' }, @{ const = 'value2'; title = 'Second' }, @{ const = 'value3'; title = 'Third' }
    $answer = Read-Form 'Please select options from the enum fields' ([ordered]@{
            untitledSingle = @{ schema = @{ type = 'string'; enum = 'option1', 'option2', 'option3' } }
            titledSingle = @{ schema = @{ type = 'string'; oneOf = $titled } }
            legacyEnum = @{ schema = @{ type = 'string'; enum = 'opt1', 'opt2', 'opt3'; enumNames = 'Option One', 'Option Two', 'Option Three' } }
            untitledMulti = @{ schema = @{ type = 'array'; items = @{ type = 'string'; enum = 'option1', 'option2', 'option3' } } }
            titledMulti = @{ schema = @{ type = 'array'; items = @{ anyOf = $titled } } }
        })
    "Elicitation completed: $($answer.untitledSingle)"
}

function greet {
    <# .SYNOPSIS Greets at once. #>
    [CmdletBinding()] param([Parameter(Mandatory)][string] $name)

    "Hello, $name!"
}

function slow_compute {
    <# .SYNOPSIS Takes the time it is told to. #>
    [CmdletBinding()] param([Parameter(Mandatory)][ValidateRange(0, 3600)][int] $seconds, [string] $label = 'a result')

    Start-Sleep -Seconds $seconds
    "Computed $label."
}

function failing_job {
    <# .SYNOPSIS Fails. #>
    [CmdletBinding()] param()

    throw 'The job failed.'
}

function protocol_error_job {
    <# .SYNOPSIS Ends in an error of the protocol. #>
    [CmdletBinding()] param()

    $broken = [System.Management.Automation.ErrorRecord]::new([InvalidOperationException]::new('The server broke.'), 'Broken', 'ProtocolError', $null)
    $PSCmdlet.ThrowTerminatingError($broken)
}

function confirm_delete {
    <# .SYNOPSIS Asks before it deletes. #>
    [CmdletBinding()] param([Parameter(Mandatory)][string] $filename)

    $answer = Read-Form "Delete $filename`?" @{ confirm = @{ schema = @{ type = 'boolean' }; required = $true } }
    $answer.confirm ? "Deleted $filename." : "Kept $filename."
}

function multi_input {
    <# .SYNOPSIS Asks two things at once. #>
    [CmdletBinding()] param()

    # Each in a runspace of its own, on this command's host.
    $asking = foreach ($message in 'Confirm the first.', 'Confirm the second.') {
        $runspace = [runspacefactory]::CreateRunspace($Host)
        $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("function Read-Form { ${function:Read-Form} }; Read-Form '$message' @{ confirm = @{ schema = @{ type = 'boolean' }; required = `$true } }")
        @{ Shell = $shell; Ending = $shell.BeginInvoke(); Runspace = $runspace }
    }
    try {
        $answers = $asking.ForEach({ $_.Shell.EndInvoke($_.Ending) })
        "$($answers.Count) answers."
    } finally {
        $asking.ForEach({ $_.Shell.Dispose(); $_.Runspace.Dispose() })
    }
}

function test_tool_with_task {
    <# .SYNOPSIS Asks for a name, then goes on as a task. #>
    [CmdletBinding()] param()

    begin {
        $answer = Read-Form 'What is your name?' @{ name = @{ schema = @{ type = 'string' }; required = $true } }
    }
    end {
        "Hello, $($answer.name)!"
    }
}
