return await CoopGrid.LoadTest.Commands.CommandLine.RunAsync(args);
