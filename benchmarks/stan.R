# Compile a Stan program and sample it: Rscript stan.R <program> <data.json> <settings.json> <draws.csv> <seconds.json>
suppressPackageStartupMessages(library(rstan))
files <- commandArgs(trailingOnly = TRUE)
if (!nzchar(system.file("include", package = "BH"))) rstan_options(boost_lib = "/usr/include")   # as Debian has it
settings <- jsonlite::fromJSON(files[3])
code <- paste(readLines(files[1]), collapse = "\n")
if (package_version(stan_version()) < "2.26") code <- gsub("array\\[(\\w)\\] int (\\w+)", "int \\2[\\1]", code)
begun <- proc.time()[["elapsed"]]
program <- stan_model(model_code = code)
compiled <- proc.time()[["elapsed"]]
fit <- sampling(program, jsonlite::fromJSON(files[2]), chains = settings$chains, warmup = settings$tune,
                iter = settings$tune + settings$draws, seed = settings$seed, cores = 1, refresh = 0,
                control = list(adapt_delta = settings$target_accept))
draws <- as.data.frame(as.matrix(fit))   # the draws of the chains, one chain after another
write.csv(draws[, !grepl("^(standard|lp__)", names(draws))], files[4], row.names = FALSE)
jsonlite::write_json(list(compile = compiled - begun, sample = sum(get_elapsed_time(fit))), files[5], auto_unbox = TRUE)
