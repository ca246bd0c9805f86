using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Security;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml;
using McpProgress.PowerShell.Conversion;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// Writes what a command puts out as JSON. An object is written by the properties PowerShell shows of it by default where
/// its type says which those are, and by all of them otherwise. Runs on the pipeline thread: properties may be scripts.
/// </summary>
/// <param name="maxBytes">Beyond, what is left of an object becomes null and <see cref="IsCut"/> true.</param>
internal sealed class OutputJson(int maxBytes)
{
    /// <summary>
    /// How many levels of objects and lists are written; what is deeper is written as text, and so is a .NET object in a
    /// property of another one.
    /// </summary>
    public const int MaxDepth = 5;

    // What a provider adds to each of its items, for PowerShell's own use.
    private static readonly HashSet<string> ProviderProperties = new(StringComparer.OrdinalIgnoreCase)
    {
        "PSPath", "PSParentPath", "PSChildName", "PSDrive", "PSProvider", "PSIsContainer",
    };

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = false };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    private int _liveDepth = MaxDepth;

    /// <summary>Whether something was too large to be written whole.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether something was nested too deeply to be written whole.</summary>
    public bool IsFlattened { get; private set; }

    /// <summary>One value as JSON text in UTF-8; valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(object? value)
    {
        _buffer.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(_buffer, Options);
        Write(writer, value, 0);
        writer.Flush();
        return _buffer.WrittenSpan;
    }

    /// <summary>A value as text, when it is one that text says completely: a text itself, a number, a date and the like.</summary>
    public static string? ScalarText(object? value) => PlainValue.Unwrapped(value) switch
    {
        string text => text,
        char character => character.ToString(),
        // The first and the last day have no offset: what they mean is "never", and not every one leads to a time there is.
        DateTime { Kind: DateTimeKind.Unspecified } time when time.Date > DateTime.MinValue && time.Date < DateTime.MaxValue.Date =>
            new DateTimeOffset(time).ToString("O", CultureInfo.InvariantCulture),
        IFormattable time when time is DateTime or DateTimeOffset or DateOnly or TimeOnly => time.ToString("O", CultureInfo.InvariantCulture),
        bool or Enum or Guid or Uri or Version or Type => PlainValue.Unwrapped(value)!.ToString(),
        SwitchParameter present => present.IsPresent.ToString(),
        SecureString => "(secret)",
        ScriptBlock block => block.ToString(),
        XmlNode xml => xml.OuterXml,
        IFormattable number when IsNumber(number) || number is TimeSpan => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };

    private static bool IsNumber(object value) =>
        value is byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal
            or System.Numerics.BigInteger or Half or Int128 or UInt128 or nint or nuint;

    private void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        var plain = PlainValue.Unwrapped(value);
        if (writer.BytesCommitted + writer.BytesPending > maxBytes)
        {
            IsCut = true;
            writer.WriteNullValue();
            return;
        }

        switch (plain)
        {
            case null or DBNull:
                writer.WriteNullValue();
                break;

            case bool flag:
                writer.WriteBooleanValue(flag);
                break;

            case SwitchParameter present:
                writer.WriteBooleanValue(present.IsPresent);
                break;

            // JSON has no infinity and no NaN: these are left to be text.
            case IFormattable number when IsNumber(number) && number.ToString(null, CultureInfo.InvariantCulture) is [.., >= '0' and <= '9'] digits:
                writer.WriteRawValue(digits);
                break;

            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                break;

            case PSCredential credential:
                writer.WriteStringValue(credential.UserName);
                break;

            default:
                WriteOther(writer, value!, plain, depth);
                break;
        }
    }

    private void WriteOther(Utf8JsonWriter writer, object value, object plain, int depth)
    {
        if (ScalarText(plain) is { } text)
        {
            WriteText(writer, text);
        }
        else if (depth >= (IsLive(plain) ? _liveDepth : MaxDepth))
        {
            IsFlattened = true;
            WriteText(writer, Described(value));
        }
        else if (plain is IDictionary dictionary)
        {
            WriteDictionary(writer, dictionary, depth);
        }
        else if (plain is IEnumerable items)
        {
            writer.WriteStartArray();
            foreach (var item in items)
            {
                if (IsCut)
                {
                    break;
                }

                Write(writer, item, depth + 1);
            }

            writer.WriteEndArray();
        }
        else if (IsLive(plain))
        {
            _liveDepth = 0;
            WriteObject(writer, PSObject.AsPSObject(value), depth);
            _liveDepth = MaxDepth;
        }
        else
        {
            WriteObject(writer, PSObject.AsPSObject(value), depth);
        }
    }

    // An object of a .NET library leads on to others, and those to half of the machine.
    private static bool IsLive(object value) => value is not (PSObject or PSCustomObject or IEnumerable) && !value.GetType().Assembly.IsDynamic;

    private void WriteText(Utf8JsonWriter writer, string text)
    {
        if (text.Length > maxBytes)
        {
            IsCut = true;
            text = text[..maxBytes];
        }

        writer.WriteStringValue(text);
    }

    private void WriteDictionary(Utf8JsonWriter writer, IDictionary dictionary, int depth)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in dictionary)
        {
            if (IsCut)
            {
                break;
            }

            writer.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "");
            Write(writer, entry.Value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private void WriteObject(Utf8JsonWriter writer, PSObject item, int depth)
    {
        var shown = item.BaseObject is PSCustomObject ? null : DefaultProperties(item);
        if (item.BaseObject is FileSystemInfo)
        {
            // PowerShell shows the folder above its tables, and no property has it: a bare name finds nothing again.
            shown?.Add(nameof(FileSystemInfo.FullName));
        }

        writer.WriteStartObject();
        foreach (var property in item.Properties)
        {
            if (IsCut || !property.IsGettable || shown?.Contains(property.Name) == false || ProviderProperties.Contains(property.Name))
            {
                continue;
            }

            object? value;
            try
            {
                value = property.Value;
            }
            catch (GetValueException)
            {
                // Many a .NET property throws where it does not apply; PowerShell's own views show nothing then.
                continue;
            }

            writer.WritePropertyName(property.Name);
            Write(writer, value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static HashSet<string>? DefaultProperties(PSObject item) =>
        item.Members["PSStandardMembers"] is PSMemberSet standard && standard.Members["DefaultDisplayPropertySet"] is PSPropertySet set
            ? new HashSet<string>(set.ReferencedPropertyNames, StringComparer.OrdinalIgnoreCase)
            : null;

    // A script method ToString may fail.
    private static string Described(object value)
    {
        try
        {
            return value.ToString() ?? "";
        }
        catch (ExtendedTypeSystemException)
        {
            return value.GetType().Name;
        }
    }
}
