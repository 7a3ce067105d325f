return await CoopGrid.Cli.CommandLine.RunAsync(args);
