using System.Management.Automation;
using McpProgress.Core;

namespace McpProgress.PowerShell.Conversion;

/// <summary>The error record of a failure, for a cmdlet or a job.</summary>
internal static class FailureRecord
{
    /// <param name="failure">The failure; its id becomes the record's.</param>
    /// <param name="target">What the user gave that it is about.</param>
    public static ErrorRecord Of(McpFailureException failure, object? target) => new(failure, failure.ErrorId, CategoryOf(failure.ErrorId), target);

    private static ErrorCategory CategoryOf(string errorId) => errorId switch
    {
        ErrorIds.ServerNotFound or ErrorIds.ToolNotFound or ErrorIds.TaskNotFound => ErrorCategory.ObjectNotFound,
        ErrorIds.ConnectionFailed or ErrorIds.ConnectionLost => ErrorCategory.ConnectionError,
        ErrorIds.ProtocolError => ErrorCategory.ProtocolError,
        ErrorIds.InvalidArgument => ErrorCategory.InvalidArgument,
        ErrorIds.IdleTimeout or ErrorIds.Timeout or ErrorIds.TaskExpired => ErrorCategory.OperationTimeout,
        ErrorIds.Cancelled => ErrorCategory.OperationStopped,
        ErrorIds.ToolError => ErrorCategory.FromStdErr,
        ErrorIds.ServerStartFailed => ErrorCategory.OpenError,
        _ => ErrorCategory.NotSpecified,
    };
}
