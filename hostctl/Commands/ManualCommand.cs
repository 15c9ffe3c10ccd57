using System.CommandLine;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl manual</c>, for the Makefile.</summary>
internal sealed class ManualCommand : Command
{
    /// <summary>Adds the verb to the grammar.</summary>
    public ManualCommand(HostctlServices services, RootCommand grammar)
        : base("manual", "Writes the manual page, in the language of man.")
    {
        Hidden = true;
        SetAction(_ =>
        {
            services.Out.Write(ManualPage.Make(grammar));
            return (int)ExitCode.Done;
        });
    }
}
