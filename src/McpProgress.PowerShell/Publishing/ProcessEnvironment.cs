using System.Collections;

namespace McpProgress.PowerShell.Publishing;

/// <summary>
/// The environment variables as they are now. They are the process's, not a runspace's: what a call changes, every call
/// sees that runs with it. What can be done is to put them back once no call runs.
/// </summary>
internal sealed class ProcessEnvironment
{
    private readonly IDictionary _before = Environment.GetEnvironmentVariables();

    /// <summary>Puts back what has changed since.</summary>
    public void Restore()
    {
        var now = Environment.GetEnvironmentVariables();
        foreach (DictionaryEntry variable in now)
        {
            if (!Equals(_before[variable.Key], variable.Value))
            {
                Environment.SetEnvironmentVariable((string)variable.Key, (string?)_before[variable.Key]);
            }
        }

        foreach (DictionaryEntry variable in _before)
        {
            if (!now.Contains(variable.Key))
            {
                Environment.SetEnvironmentVariable((string)variable.Key, (string?)variable.Value);
            }
        }
    }
}
