using HostSwap.Hostctl;

return await HostctlApp.RunAsync(args, HostctlServices.ForThisProcess());
