using System.Management.Automation;

namespace McpProgress.PowerShell.Conversion;

/// <summary>
/// Makes text of a number as it was typed. A text on the command line that looks like a number is one to PowerShell, which
/// keeps what was typed for parameters of the type string only: 007 must not become 7, nor version 2.10 version 2.1.
/// </summary>
internal sealed class AsTypedAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => TextOf(inputData);

    /// <summary>A number as it was typed; any other value as it is.</summary>
    public static object? TextOf(object? inputData) =>
        inputData is PSObject { BaseObject: ValueType and IConvertible and not (bool or char or DateTime or Enum) } number ? LanguagePrimitives.ConvertTo<string>(number) : inputData;
}
