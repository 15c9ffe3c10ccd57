using System.Reflection;
using System.Runtime.InteropServices;
using HostSwap.Hostctl.Json;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl version</c>.</summary>
internal sealed class VersionCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public VersionCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "version", "Shows hostctl's version.") => Add(options.Format);

    /// <summary>This program's version.</summary>
    public static string Current { get; } = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        if (invocation.Format == OutputFormat.Json)
        {
            var document = new VersionDocument(
                "hostswap/version/1", Current, RuntimeInformation.FrameworkDescription, RuntimeInformation.ProcessArchitecture.ToString());
            HostctlJson.WriteDocument(invocation.Services.Out, document, json => json.VersionDocument);
        }
        else
        {
            invocation.Services.Out.WriteLine($"hostctl {Current}");
        }

        return Task.FromResult((int)ExitCode.Done);
    }
}
