using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;

namespace HostSwap.Hostctl.Commands;

/// <summary>The whole grammar of hostctl.</summary>
internal sealed class HostctlCommand : RootCommand
{
    /// <summary>Puts the grammar together. Nothing is opened.</summary>
    public HostctlCommand(HostctlServices services)
        : base("Refreshes the operating system under running virtual machines: swaps host containers and moves the VMs live.")
    {
        var options = new GlobalOptions();
        Add(options.Config);
        Add(options.NoColor);
        Add(options.Verbose);
        Add(new InitCommand(services, options));
        Add(new StartCommand(services, options));
        Add(new StatusCommand(services, options));
        Add(new PlanCommand(services, options));
        Add(new SwapCommand(services, options));
        Add(new AdoptCommand(services, options));
        Add(new RefreshCommand(services, options));
        Add(new ResumeCommand(services, options));
        Add(new RollbackCommand(services, options));
        Add(new AbortCommand(services, options));
        Add(new HoldCommand(services, options));
        Add(new ReleaseCommand(services, options));
        Add(new RetireCommand(services, options));
        Add(new Command("fleet", "Looks at the servers that agree on which of them is swapped.") { new FleetStatusCommand(services, options) });
        Add(new MetricsCommand(services, options));
        Add(new Command("notify", "Tells those whom the configuration names of what happens.")
        {
            new NotifyTestCommand(services, options),
            new NotifyDeliverCommand(services, options),
            new NotifyListCommand(services, options),
        });
        Add(new HistoryCommand(services, options));
        Add(new ShowCommand(services, options));
        Add(new ReportCommand(services, options));
        Add(new Command("vm", "Looks at virtual machines, and prepares them for handover.")
        {
            new VmListCommand(services, options),
            new VmPrepareCommand(services, options, undo: false),
            new VmPrepareCommand(services, options, undo: true),
        });
        Add(new Command("image", "Builds and looks at host images, and removes those that nothing needs.")
        {
            new ImageBuildCommand(services, options),
            new ImageListCommand(services, options),
            new ImageShowCommand(services, options),
            new ImageDiffCommand(services, options),
            new ImagePinCommand(services, options),
            new ImageRemoveCommand(services, options),
        });
        Add(new Command("memory", "The memory mount, which holds the RAM of prepared VMs.") { new MemoryMountCommand(services, options) });
        Add(new ConsoleCommand(services, options));
        Add(new DisplayCommand(services, options));
        Add(new ExecCommand(services, options));
        Add(new ShellCommand(services, options));
        Add(new DoctorCommand(services, options));
        Add(new VerifyCommand(services, options));
        Add(new DiffCommand(services, options));
        Add(new VersionCommand(services, options));
        Add(new ManualCommand(services, this));
        foreach (var help in Options.OfType<HelpOption>()) help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
    }

    /// <summary>Help, with the exit codes below that of the root.</summary>
    private sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is not RootCommand) return (int)ExitCode.Done;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Exit codes:");
            foreach (var (code, meaning) in ExitCodes.All)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(int)code,2}  {meaning}"));
            return (int)ExitCode.Done;
        }
    }
}
